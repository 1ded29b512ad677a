#pragma once

#include "domain/messages.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// Parses a message of an agent. If a member is invalid, such as a number that
/// is too large or Python's `NaN`, but the members of the object can still be
/// told apart, the object is returned without that member: an answer is not
/// lost because of its usage. Otherwise the result `is_discarded()`, as for
/// JSON that is nested deeper than `max_json_depth`.
[[nodiscard]] nlohmann::json parse_agent_json(std::string_view text);

/// The member `name` of `x`; null if `x` is not an object or has no such
/// member.
[[nodiscard]] const nlohmann::json& member(const nlohmann::json& x,
                                           std::string_view name);

/// The member as text; empty if it is not a string.
[[nodiscard]] std::string text_of(const nlohmann::json& x,
                                  std::string_view name);

/// The member as a finite number of at least 0; nothing for other values.
[[nodiscard]] std::optional<double> amount_of(const nlohmann::json& x,
                                              std::string_view name);

[[nodiscard]] bool is_true(const nlohmann::json& x, std::string_view name);

/// An amount as JSON: a whole number without a fraction, so that `5` does not
/// become `5.0`.
[[nodiscard]] nlohmann::json number_json(double amount);

/// `x` as JSON text. Invalid UTF-8 is replaced.
[[nodiscard]] std::string json_text(const nlohmann::json& x);

/// The message of an error in one of the usual shapes: a text, or an object
/// with `message`, `error` (nested at most a few levels), `detail` or
/// `data.message`. Empty if there is none.
[[nodiscard]] std::string error_message_of(const nlohmann::json& x);

} // namespace bridgekeeper::app
