#include "actors/audit_fixture.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <doctest/doctest.h>

namespace bridgekeeper::test {

namespace {

announcement alpha_of(const std::string& id, const std::string& session) {
  announcement out;
  out.agent = agent_id{id};
  out.session = share(session_id{session});
  out.ip = "192.0.2.7";
  return out;
}

} // namespace

audit_world::audit_world(audit_level level) : alpha(alpha_of("alpha", "own")) {
  start_trail();
  context().audit = audit_sink{backlog, level};
}

void audit_world::start_trail() {
  auto log = std::make_shared<store::audit_log>(
      store::audit_log_options{files.path}, [](const std::string&) {});
  trail = spawn_on(sys, nullptr, audit_trail, context().actor_stats,
                   std::move(log), backlog);
  backlog->lead_to(trail);
}

void audit_world::kill_trail() {
  caf::anon_send_exit(trail, caf::exit_reason::kill);
  trail = nullptr;
}

audit_world::~audit_world() {
  if (trail)
    stop_trail();
}

void audit_world::stop_trail() {
  context().audit.tell_all_suppressed();
  context().audit = {};
  caf::anon_send(trail, stop_atom_v);
  trail = nullptr;
  run();
  backlog->lead_to({});
}

std::vector<json> audit_world::lines() const {
  std::vector<json> out;
  for (const auto& line : files.lines())
    out.push_back(parsed(line));
  return out;
}

std::string audit_world::events() const {
  std::string out;
  for (const auto& line : lines())
    out += (out.empty() ? "" : " ") + line.at("event").get<std::string>();
  return out;
}

json audit_world::last(const std::string& event) const {
  json out;
  for (const auto& line : lines())
    if (line.at("event") == event)
      out = line;
  CAPTURE(event);
  REQUIRE(!out.is_null());
  return out;
}

} // namespace bridgekeeper::test
