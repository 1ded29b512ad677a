#pragma once

#include "actors/fixture.hpp"
#include "api/control_channel.hpp"

#include <memory>
#include <string>
#include <vector>

namespace bridgekeeper::test {

/// A world with a program on /ws/control; the channel is the actor under test.
struct channel_world : started_world {
  explicit channel_world(std::size_t thread_count = 1)
    : started_world(thread_count) {
    begin();
  }

  /// Opened with this token beside the plain one.
  channel_world(std::size_t thread_count, const token_grant& grant)
    : started_world(thread_count) {
    context().tokens = std::make_shared<const token_table>(
        std::vector<std::string>{test_token}, std::vector{grant});
    who = std::make_shared<const token_grant>(grant);
    begin();
  }

  void begin() {
    watch(socket);
    aut = spawn_on(sys, &thread(), control_channel, &context(),
                   std::shared_ptr<net::websocket_session>{socket},
                   origin{"192.0.2.8", {}}, who);
    run();
  }

  void say(const json& frame) {
    socket->peer_sends(frame.dump());
    run();
  }

  /// What the program was told since this was asked last.
  std::vector<json> heard() {
    std::vector<json> out;
    for (const auto& frame : socket->take_sent())
      out.push_back(parsed(frame));
    return out;
  }

  /// The types of what was heard.
  std::string heard_types() {
    std::string out;
    for (const auto& x : heard())
      out += x.at("type").get<std::string>() + ' ';
    return out;
  }

  token_grant_ptr who =
      context().tokens->identify(test_token, context().wall_clock()).value();
  std::shared_ptr<fake_websocket> socket =
      std::make_shared<fake_websocket>(thread().deadlines);
  control_channel_actor aut;
};

} // namespace bridgekeeper::test
