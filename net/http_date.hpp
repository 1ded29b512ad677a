#pragma once

#include <ctime>
#include <string>
#include <string_view>

namespace bridgekeeper::net {

/// Formats a time for HTTP (RFC 9110, 5.6.7): `Thu, 26 Nov 2026 09:53:00 GMT`.
[[nodiscard]] std::string http_date(std::time_t when);

/// The current time. Every response contains it, so each thread formats it only
/// once a second; valid until the thread's next call.
[[nodiscard]] std::string_view http_date_now();

} // namespace bridgekeeper::net
