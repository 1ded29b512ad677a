#include "actors/fixture.hpp"

#include <caf/send.hpp>
#include <doctest/doctest.h>

#include <array>
#include <stdexcept>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

struct impatient_world : world {
  impatient_world() {
    supervisor_options options;
    options.max_restarts = 3;
    options.restart_window = 60s;
    start_core(options);
  }
};

constexpr std::array core_names{"registry", "event-hub", "heartbeat-monitor"};

} // namespace

TEST_CASE_FIXTURE(started_world,
                  "a supervisor starts the core actors and tells "
                  "every thread") {
  for (auto name : core_names)
    CHECK(count(name) == 1);
  CHECK(context().core.registry);
  CHECK(context().core.events);
  auto handles = answer<core_handles>(supervisor, core_atom_v).value.value();
  CHECK(handles.registry == context().core.registry);
  CHECK(handles.events == context().core.events);
}

TEST_CASE("every thread hears of a successor") {
  started_world world{3};
  auto before = world.context(0).core;
  world.kill_and_recover("event-hub");
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(world.context(i).core.events != before.events);
    CHECK(world.context(i).core.events == world.context(0).core.events);
    CHECK(world.context(i).core.registry == before.registry);
  }
}

TEST_CASE_FIXTURE(started_world, "whichever core actor dies, another is "
                                 "started") {
  auto link = enter("alpha");
  for (auto name : core_names) {
    CAPTURE(name);
    kill_and_recover(name);
    CHECK(count(name) == 1);
    CHECK(view("alpha").connected);
  }
  CHECK_FALSE(link.socket->closed);
  CHECK(times_given_up == 0);
}

TEST_CASE_FIXTURE(started_world, "a core actor can be killed by name, as a "
                                 "drill") {
  for (auto name : core_names) {
    auto before = context().core;
    CHECK(answer<bool>(supervisor, kill_atom_v, std::string{name}).value
          == true);
    CHECK(count(name) == 1);
    CHECK((before.registry != context().core.registry)
          == (name == std::string{"registry"}));
    CHECK((before.events != context().core.events)
          == (name == std::string{"event-hub"}));
  }
}

TEST_CASE_FIXTURE(started_world, "a drill on somebody unknown says whom there "
                                 "is") {
  auto reply = answer<bool>(supervisor, kill_atom_v, std::string{"agent"});
  REQUIRE(reply.why);
  CHECK(reply.why->code == errc::invalid_message);
  for (auto name : core_names)
    CHECK(reply.why->detail.find(name) != std::string::npos);
}

TEST_CASE_FIXTURE(impatient_world, "a core that dies too often makes the "
                                   "daemon give up, once") {
  for (int i = 0; i < 3; ++i) {
    kill_and_recover("registry");
    CHECK(times_given_up == 0);
    CHECK(count("registry") == 1);
  }
  kill_and_recover("event-hub");
  CHECK(times_given_up == 1);
  CHECK(count("event-hub") == 0);
  kill_and_recover("registry");
  kill_and_recover("heartbeat-monitor");
  CHECK(times_given_up == 1);
}

TEST_CASE_FIXTURE(impatient_world, "a core that dies now and then is restarted "
                                   "for ever") {
  for (int i = 0; i < 20; ++i) {
    kill_and_recover(core_names[static_cast<std::size_t>(i) % 3]);
    pass(21s);
  }
  CHECK(times_given_up == 0);
}

TEST_CASE_FIXTURE(started_world, "a supervisor that is told to stop takes the "
                                 "core with it and restarts nobody") {
  caf::anon_send(supervisor, stop_atom_v);
  run();
  for (auto name : core_names)
    CHECK(count(name) == 0);
  CHECK(times_given_up == 0);
  supervisor = nullptr;
  CHECK(count("supervisor") == 0);
}

// -- supervisors that die -----------------------------------------------------

TEST_CASE_FIXTURE(started_world, "a supervisor that dies takes nobody with it, "
                                 "and its successor takes over") {
  auto link = enter("alpha");
  auto before = context().core;
  kill("supervisor");
  run();
  CHECK(count("supervisor") == 0);
  for (auto name : core_names)
    CHECK(count(name) == 1);
  replace_supervisor();
  CHECK(context().core.registry == before.registry);
  CHECK(context().core.events == before.events);
  CHECK(view("alpha").connected);
  for (auto name : core_names) {
    CAPTURE(name);
    kill_and_recover(name);
    CHECK(count(name) == 1);
    CHECK(view("alpha").connected);
  }
  CHECK_FALSE(link.socket->closed);
  CHECK(times_given_up == 0);
}

TEST_CASE_FIXTURE(started_world, "a core actor that dies while there is no "
                                 "supervisor is started by the next one") {
  auto link = enter("alpha");
  kill("supervisor");
  run();
  for (auto name : core_names)
    kill(name);
  run();
  for (auto name : core_names)
    CHECK(count(name) == 0);
  replace_supervisor();
  for (auto name : core_names)
    CHECK(count(name) == 1);
  CHECK(view("alpha").connected);
}

TEST_CASE_FIXTURE(started_world, "a supervisor can be killed by name, as a "
                                 "drill") {
  CHECK(answer<bool>(supervisor, kill_atom_v, std::string{"supervisor"}).value
        == true);
  CHECK(count("supervisor") == 0);
  replace_supervisor();
}

TEST_CASE_FIXTURE(world, "a console that cannot be made leaves the core as it "
                         "is") {
  start_console = [](const supervisor_actor&) -> console_actor {
    throw std::runtime_error("injected");
  };
  start_core();
  for (auto name : core_names)
    CHECK(count(name) == 1);
  CHECK(count("supervisor") == 1);
}
