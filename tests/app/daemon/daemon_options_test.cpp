#include "app/daemon/daemon_options.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

TEST_CASE("the panel's own origins may call a daemon that names none") {
  auto control = make_control_options(config{}, make_identity());
  for (auto scheme : {"http://", "https://"})
    for (auto place : {"localhost:5173", "localhost:5174", "127.0.0.1:5173",
                       "127.0.0.1:5174"}) {
      auto origin = std::string{scheme} + place;
      CAPTURE(origin);
      CHECK(control.cors.allows(origin));
    }
  CHECK_FALSE(control.cors.allows("http://localhost:5175"));
}

TEST_CASE("configured origins take the place of the panel's own") {
  config values;
  values.http.cors_origins = {"https://panel.example"};
  auto control = make_control_options(values, make_identity());
  CHECK(control.cors.allows("https://panel.example"));
  CHECK_FALSE(control.cors.allows("http://localhost:5173"));
}

TEST_CASE("a daemon keeps its identity whatever else is set") {
  auto self = make_identity();
  auto before = make_control_options(config{}, self);
  config values;
  values.dispatch.timeout = app::seconds{1};
  auto after = make_control_options(values, self);
  CHECK(before.event_epoch == after.event_epoch);
  CHECK(before.event_epoch != "0");
  CHECK(before.event_epoch.find('-') == std::string::npos);
  CHECK(make_identity().control_session != self.control_session);
}

TEST_CASE("transfers have one pace, and only bridges may stop reading") {
  config values;
  values.server.peer_timeout = app::seconds{7};
  values.server.min_rate = 512;
  auto agent = make_agent_options(values);
  auto control = make_control_options(values, make_identity());
  auto listener = make_listener_options(values, nullptr);
  for (const auto& pace :
       {agent.session.pace, control.session.pace, listener.http.pace}) {
    CHECK(pace.stall_timeout == std::chrono::seconds{7});
    CHECK(pace.min_rate == 512);
  }
  CHECK(agent.session.peer_may_pause);
  CHECK_FALSE(control.session.peer_may_pause);
}
