#pragma once

#include "domain/ids.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace bridgekeeper {

/// A JSON object as text, known to be well-formed and within the bounds.
/// Arbitrary JSON (`metadata`, `context`, `usage`) passes through the daemon in
/// this form, because only the two ends need to look inside.
class json_object {
public:
  json_object() : text_("{}") {}

  /// Takes text that a parser has already accepted as an object.
  explicit json_object(std::string checked) : text_(std::move(checked)) {}

  [[nodiscard]] const std::string& str() const noexcept {
    return text_;
  }

  friend bool operator==(const json_object&, const json_object&) = default;

private:
  std::string text_;
};

// -- the messages of the bridge protocol (contract section 1) -----------------

/// Bridge to daemon, first frame: identifies and authenticates the agent.
struct registration {
  static constexpr std::string_view type = "register";
  agent_id agent;
  std::string auth_token;
  std::vector<std::string> capabilities;
  std::optional<std::string> workdir;
  json_object metadata;
};

/// Daemon to bridge: the registration was accepted.
struct registered {
  static constexpr std::string_view type = "registered";
  session_id session;
  agent_id agent;
  std::string message = "Registration successful";
};

/// Daemon to bridge: a task to work on.
struct dispatch {
  static constexpr std::string_view type = "dispatch";
  message_id message;
  agent_id agent;
  std::string content;
  json_object context;
  shared_session session;
};

/// Bridge to daemon: the progress of a task. Never ends the task.
struct progress {
  static constexpr std::string_view type = "progress";
  message_id message;
  agent_id agent;
  std::string status;
  std::string text;
  json_object metadata;
};

/// Bridge to daemon: a task has ended, successfully or (with `error`) not.
struct response {
  static constexpr std::string_view type = "response";
  message_id message;
  agent_id agent;
  std::string content;
  json_object usage;
  std::optional<std::string> error;
};

/// Both directions: a sign of life. Echoed with the same agent id and
/// timestamp.
struct heartbeat {
  static constexpr std::string_view type = "heartbeat";
  agent_id agent;
  std::string timestamp;
};

using bridge_message = std::variant<registration, registered, dispatch,
                                    progress, response, heartbeat>;

} // namespace bridgekeeper
