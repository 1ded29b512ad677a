#pragma once

#include "domain/result.hpp"
#include "protocol/json_writer.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace bridgekeeper::protocol {

/// When the same request may succeed; unset: unknown.
using retry_delay = std::optional<std::chrono::seconds>;

/// `known`, or a second if the reason is usually over at once.
[[nodiscard]] retry_delay delay_of(errc code, retry_delay known = {}) noexcept;

/// Adds what every error tells programs, over HTTP and on `/ws/control`:
/// `code`, the reason's token; `retryable`, whether the same request may
/// succeed later; and `retry_after_s`, in how many seconds, or null. Without
/// `retry_after`, that is `delay_of(code)`.
json_writer& add_error_members(json_writer& out, errc code,
                               retry_delay retry_after = {});

/// The body of an HTTP error (contract section 2): `detail`, perhaps a `hint`
/// on what to do, and the members above. Clients of VibeForge's server read
/// only `detail`. `retry_after` must equal the header `Retry-After`, if any.
[[nodiscard]] std::string error_json(const failure& why,
                                     retry_delay retry_after = {});

} // namespace bridgekeeper::protocol
