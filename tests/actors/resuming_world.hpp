#pragma once

#include "actors/stored_world.hpp"

#include <doctest/doctest.h>

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace bridgekeeper::test {

/// An entry of the list of what a bridge has.
[[nodiscard]] inline json listed(const std::string& id,
                                 const std::string& state) {
  return {{"message_id", id}, {"state", state}};
}

/// The frames of this type that were sent since the last time.
[[nodiscard]] inline std::vector<json> frames(fake_websocket& socket,
                                              const std::string& type) {
  std::vector<json> out;
  for (const auto& text : socket.take_sent())
    if (auto frame = parsed(text); frame["type"] == type)
      out.push_back(frame);
  return out;
}

/// The same; there must be exactly one.
[[nodiscard]] inline json only(fake_websocket& socket,
                               const std::string& type) {
  auto all = frames(socket, type);
  REQUIRE(all.size() == 1);
  return all.front();
}

/// A world with bridges that speak protocol 1.1.
template <class World>
struct resuming : World {
  resuming() {
    this->context().agent.resume_grace = 60s;
  }

  /// A bridge that has sent its registration, and whose link no one has looked
  /// at yet.
  bridge begin_1_1(const std::string& id, const std::string& instance,
                   json resume = json::array(), json more = json::object()) {
    auto link = this->connect();
    json members{{"protocol", "1.1"},
                 {"instance_id", instance},
                 {"slots", 4},
                 {"resume", std::move(resume)}};
    members.update(more);
    link.socket->peer_sends(register_frame(id, members));
    return link;
  }

  bridge enter_1_1(const std::string& id, const std::string& instance,
                   json resume = json::array(), json more = json::object()) {
    auto link = begin_1_1(id, instance, std::move(resume), std::move(more));
    settle();
    return link;
  }

  void settle() {
    if constexpr (std::is_same_v<World, stored_world>)
      this->commit();
    else
      this->run();
  }

  /// The bridge gets the dispatch and loses its link.
  dispatch_reply_ptr lose_link_with(bridge& link, const std::string& message) {
    auto outcome = this->dispatch(make_task("alpha", message));
    settle();
    link.socket->end();
    settle();
    return outcome;
  }

  /// The next acknowledgement, which may take a search in the store.
  std::string next_ack(fake_websocket& socket) {
    std::vector<json> found;
    this->wait_until([&] {
      found = frames(socket, "ack");
      return !found.empty();
    });
    REQUIRE(found.size() == 1);
    return found.front()["message_id"];
  }
};

} // namespace bridgekeeper::test
