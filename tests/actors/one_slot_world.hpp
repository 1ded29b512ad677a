#pragma once

#include "actors/fixture.hpp"

#include <caf/send.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace bridgekeeper::test {

/// The ids of the dispatches that a bridge was sent.
[[nodiscard]] inline std::string ids(fake_websocket& socket) {
  std::string out;
  for (const auto& frame : socket.take_sent())
    if (auto x = parsed(frame); x["type"] == "dispatch")
      out += (out.empty() ? "" : " ") + x["message_id"].get<std::string>();
  return out;
}

/// A world whose bridges work on one dispatch at a time.
struct one_slot_world : started_world {
  one_slot_world() {
    context().agent.slots = 1;
    context().agent.slot_hold = 10min;
    context().agent.liveness.timeout = 24h;
  }

  /// Requests a dispatch with these options.
  dispatch_reply_ptr
  request(const std::string& agent, const std::string& id,
          const std::function<void(dispatch_order&)>& change = {}) {
    auto order = *make_task(agent, id);
    if (change)
      change(order);
    return dispatch(std::make_shared<const dispatch_order>(order));
  }

  /// The socket of a bridge that registers, with all that it was sent.
  std::shared_ptr<fake_websocket> register_bridge(const std::string& agent) {
    auto link = connect();
    link.socket->peer_sends(register_frame(agent));
    run();
    return link.socket;
  }

  /// The socket of a bridge that registers with these capabilities.
  std::shared_ptr<fake_websocket> register_able(const std::string& agent,
                                                json capabilities) {
    auto link = connect();
    link.socket->peer_sends(
        register_frame(agent, {{"capabilities", std::move(capabilities)}}));
    run();
    return link.socket;
  }

  /// The ids of all dispatches that a bridge is sent, one after the other.
  std::string serve_all(const std::string& agent, fake_websocket& socket) {
    std::string out;
    for (auto id = ids(socket); !id.empty(); id = ids(socket)) {
      out += (out.empty() ? "" : " ") + id;
      socket.peer_sends(response_frame(agent, id, "done"));
      run();
    }
    return out;
  }

  /// How many are sent before this dispatch, which waits.
  std::optional<std::uint64_t> place_of(const std::string& agent,
                                        const std::string& id) {
    return answer<std::uint64_t>(context().core.registry, place_atom_v,
                                 agent_id{agent}, message_id{id})
        .value;
  }

  void cancel(const std::string& agent, const std::string& id) {
    caf::anon_send(context().core.registry, cancel_atom_v, agent_id{agent},
                   message_id{id});
    run();
  }
};

/// Lets a dispatch wait for its agent, for an hour.
inline void waits_for_agent(dispatch_order& x) {
  x.options.queue_timeout = x.queue_timeout = 1h;
}

/// Allows three attempts, with at least 10 s between them.
inline void retries(dispatch_order& x) {
  x.options.retry = {3, true, true, true};
  x.options.backoff = 10s;
}

} // namespace bridgekeeper::test
