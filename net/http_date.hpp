#pragma once

#include <ctime>
#include <string>
#include <string_view>

namespace bridgekeeper::net {

/// A time as HTTP writes it (RFC 9110, 5.6.7): `Thu, 26 Nov 2026 09:53:00 GMT`.
[[nodiscard]] std::string http_date(std::time_t when);

/// The time now. Every answer has it, so the text is made once a second for
/// each thread; valid until the thread's next call.
[[nodiscard]] std::string_view http_date_now();

} // namespace bridgekeeper::net
