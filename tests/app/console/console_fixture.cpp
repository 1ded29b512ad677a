#include "app/console/console_fixture.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <utility>

namespace bridgekeeper::test {

namespace {

console_terminal::behavior_type
fake_terminal(console_terminal::pointer self,
              const std::shared_ptr<fake_screen>& screen) {
  return {[self, screen](line_atom, const std::string& text) {
    ++screen->deliveries;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);)
      screen->lines.push_back(std::move(line));
    auto promise = self->make_response_promise<bool>();
    screen->shown_by = self;
    if (screen->stopped)
      screen->owed.push_back(promise);
    else
      promise.deliver(true);
    return promise;
  }};
}

} // namespace

void fake_screen::go_on() {
  stopped = false;
  // The terminal's own execution unit exists only during its turns.
  shown_by->context(nullptr);
  for (auto& x : std::exchange(owed, {}))
    x.deliver(true);
}

operator_world::operator_world() {
  start_console = [this](supervisor_actor by) {
    return spawn_console(std::move(by));
  };
  start_core();
  terminal = spawn_on(sys, nullptr, fake_terminal, screen);
  aut = attach(test_token).value.value();
}

operator_world::~operator_world() {
  screen->owed.clear();
  caf::anon_send_exit(terminal, caf::exit_reason::user_shutdown);
  terminal = nullptr;
  aut = nullptr;
  run();
}

console_actor operator_world::spawn_console(supervisor_actor by) {
  auto inside = std::make_shared<console::console_world>();
  inside->supervisor = [by = std::move(by)] { return by; };
  inside->actor_stats = context().actor_stats;
  inside->counts = {&context().counts};
  inside->tokens = [this] { return context().tokens; };
  inside->threads = [] {
    return std::vector<console::thread_row>{{0, 17, 4711, 1500ms}};
  };
  inside->set_log_level = [this](std::string_view level) {
    log_level = level;
    return level == "debug";
  };
  inside->memory = [] {
    return std::vector<console::memory_row>{{"letters", 17, 100},
                                            {"parcels", std::nullopt, {}}};
  };
  inside->find_stored = [this](const std::string&) { return stored; };
  inside->present = present;
  inside->audit = audit_sink{audited, audit_level::everything};
  return spawn_on(
      sys, nullptr, console::console,
      std::shared_ptr<const console::console_world>{std::move(inside)});
}

std::string operator_world::command(const std::string& line) {
  auto reply = answer<std::string>(aut, run_atom_v, line);
  CAPTURE(line);
  REQUIRE(reply.value);
  CHECK(reply.times == 1);
  return *reply.value;
}

failure operator_world::complaint(const std::string& line) {
  auto reply = answer<std::string>(aut, run_atom_v, line);
  CAPTURE(line);
  REQUIRE(reply.why);
  return *reply.why;
}

reply_ptr<std::string> operator_world::begin(const std::string& line) {
  auto out = ask<std::string>(aut, run_atom_v, line);
  run();
  return out;
}

std::string operator_world::completions(const std::string& line) {
  auto out = answer<std::string>(aut, complete_atom_v, line).value.value();
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

reply<console_session_actor> operator_world::attach(const std::string& token) {
  auto shaken = answer<std::string>(door(), handshake_atom_v, token);
  if (!shaken.value)
    return {{}, shaken.why, shaken.times};
  return answer<console_session_actor>(door(), attach_atom_v, terminal);
}

void operator_world::tail(const std::string& agent) {
  begin("events " + agent);
}

console_actor operator_world::door() const {
  return children->console;
}

} // namespace bridgekeeper::test
