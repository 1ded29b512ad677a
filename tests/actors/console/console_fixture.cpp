#include "actors/console/console_fixture.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <doctest/doctest.h>

namespace bridgekeeper::test {

operator_world::operator_world() {
  auto inside = std::make_shared<console_world>();
  inside->supervisor = supervisor;
  inside->people = context().people;
  inside->counts = {&context().counts};
  inside->tokens = [this] { return context().tokens; };
  inside->threads = [] {
    return std::vector<thread_row>{{0, 17, 4711, 1500ms}};
  };
  inside->set_log_level = [this](std::string_view level) {
    log_level = level;
    return level == "debug";
  };
  terminal = spawn_on(
      sys, nullptr,
      [out = lines](
          console_terminal::pointer) -> console_terminal::behavior_type {
        return {[out](line_atom, const std::string& x) { out->push_back(x); }};
      });
  door = spawn_on(sys, nullptr, console,
                  std::shared_ptr<const console_world>{std::move(inside)});
  aut = attach(test_token).value.value();
}

operator_world::~operator_world() {
  caf::anon_send_exit(terminal, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(door, caf::exit_reason::user_shutdown);
  terminal = nullptr;
  door = nullptr;
  aut = nullptr;
  run();
}

std::string operator_world::command(const std::string& line) {
  auto reply = answer<std::string>(aut, run_atom_v, line);
  CAPTURE(line);
  REQUIRE(reply.value);
  CHECK(reply.times == 1);
  return *reply.value;
}

reply<console_session_actor> operator_world::attach(const std::string& token) {
  return answer<console_session_actor>(door, attach_atom_v, token, terminal);
}

} // namespace bridgekeeper::test
