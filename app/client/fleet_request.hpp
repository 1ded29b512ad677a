#pragma once

#include "app/client/client_options.hpp"
#include "app/client/daemon_call.hpp"
#include "app/client/exit_code.hpp"
#include "domain/agent_duty.hpp"

#include <map>
#include <optional>
#include <string>

namespace bridgekeeper::app {

/// How a daemon answered a request to cordon, drain or uncordon agents.
struct fleet_answer {
  exit_code code = exit_code::ok;
  /// What happened, or what to do next.
  std::string sentence;
};

/// Since when the agents that are connected are so, by id: the daemon's text.
using fleet_links = std::map<std::string, std::string>;

/// The path to which this duty of an agent is posted; without one, that of all.
[[nodiscard]] std::string duty_path(const std::optional<std::string>& agent,
                                    agent_duty duty);

/// Gives an agent, or all agents, a duty. With `waits`, returns once the links
/// that the agents had before are closed. Blocks; any thread.
[[nodiscard]] fleet_answer change_duty(const server_access& access,
                                       const std::optional<std::string>& agent,
                                       agent_duty duty, bool waits);

/// Explains the reply of the daemon at `server` to such a request.
[[nodiscard]] fleet_answer explain_duty(const daemon_reply& reply,
                                        const std::string& server,
                                        const std::optional<std::string>& agent,
                                        agent_duty duty);

/// The links in the body of `GET /control/agents` or, of one agent,
/// `GET /control/agents/{id}`.
[[nodiscard]] fleet_links links_of(const std::string& body);

} // namespace bridgekeeper::app
