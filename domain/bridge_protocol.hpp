#pragma once

#include "domain/ids.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper {

/// The versions of the bridge protocol that we speak (contract section 1).
enum class bridge_protocol : std::uint8_t { v1_0, v1_1 };

/// Oldest first.
inline constexpr std::array all_bridge_protocols{bridge_protocol::v1_0,
                                                 bridge_protocol::v1_1};

/// The name on the wire: `1.0`, `1.1`.
[[nodiscard]] constexpr std::string_view to_string(bridge_protocol x) noexcept {
  return x == bridge_protocol::v1_1 ? "1.1" : "1.0";
}

/// The version to speak with a peer that names the version `named`. Both ends
/// speak the lower minor version, so `1.1` and every later `1.N` give 1.1.
/// Everything else gives 1.0: an empty text (the peer names no version), `1.0`,
/// another major version, and text that is not a version.
[[nodiscard]] bridge_protocol negotiate(std::string_view named) noexcept;

/// The version for the link of a bridge that registers with this version and
/// instance id. A bridge without a valid instance id cannot resume, so its link
/// is 1.0.
[[nodiscard]] bridge_protocol negotiate(std::string_view named,
                                        std::string_view instance) noexcept;

/// Whether `text` is 1 to 64 letters, digits or hyphens.
[[nodiscard]] bool is_valid_instance_id(std::string_view text) noexcept;

/// What an agent can be used for or where it runs, such as `gpu=a100`.
/// Dispatches can require labels.
using agent_labels = std::map<std::string, std::string, std::less<>>;

/// Whether `text` is 1 to `max_label_key_length` letters, digits or characters
/// of `._/-`.
[[nodiscard]] bool is_valid_label_key(std::string_view text) noexcept;

/// How far a bridge has got with a dispatch whose result has not been
/// acknowledged.
enum class resume_state : std::uint8_t {
  /// Received, but not started.
  waiting,
  running,
  /// The bridge keeps the result.
  finished,
};

/// The name on the wire: `waiting`, `running`, `finished`.
[[nodiscard]] std::string_view to_string(resume_state x) noexcept;

/// The state with this name on the wire, if there is one.
[[nodiscard]] std::optional<resume_state>
to_resume_state(std::string_view name) noexcept;

/// A dispatch that a bridge still has when it registers again.
struct resume_entry {
  /// The wire id, which names one attempt.
  message_id message;
  resume_state state = resume_state::waiting;

  friend bool operator==(const resume_entry&, const resume_entry&) = default;
};

} // namespace bridgekeeper
