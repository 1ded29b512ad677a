#pragma once

#include "domain/dispatch_options.hpp"
#include "domain/result.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::protocol {

class json_fields;
class json_writer;

/// The longest timeout that a dispatch may have.
inline constexpr std::chrono::milliseconds max_dispatch_timeout =
    std::chrono::hours{24 * 7};

/// How long a request waits for an outcome, rounded up; nothing unless
/// `seconds` is 0 to `max_dispatch_timeout`.
[[nodiscard]] std::optional<std::chrono::milliseconds>
to_wait(double seconds) noexcept;

/// The longest delay before a second attempt.
inline constexpr std::chrono::milliseconds max_backoff = std::chrono::hours{24};

/// The members of a request that are options of its dispatch.
inline constexpr std::array<std::string_view, 6> option_fields{
    "timeout_s", "queue_timeout_s", "total_timeout_s",
    "retry",     "priority",        "durability"};

/// The options among `fields`, which must want all of `option_fields`. Members
/// that are absent have their defaults.
[[nodiscard]] result<dispatch_options> take_options(json_fields& fields);

/// Writes the options that are not defaults, as members of a request.
void add_options(json_writer& out, const dispatch_options& x);

/// The options as a JSON object with the members of a request, for the store;
/// empty if all of them are defaults. `agent_session_id` is the agent's own
/// session that a follow-up continues.
[[nodiscard]] std::string
encode_options(const dispatch_options& x,
               const std::vector<std::string>& require = {},
               const std::string& agent_session_id = {});

/// Decodes what `encode_options` wrote, including the empty text.
[[nodiscard]] result<dispatch_options> decode_options(std::string_view text);

/// The capabilities in what `encode_options` wrote.
[[nodiscard]] std::vector<std::string> decode_required(std::string_view text);

/// The agent's own session in what `encode_options` wrote.
[[nodiscard]] std::string decode_agent_session(std::string_view text);

/// The seconds of the wire.
[[nodiscard]] constexpr double
to_seconds(std::chrono::milliseconds x) noexcept {
  return std::chrono::duration<double>{x}.count();
}

} // namespace bridgekeeper::protocol
