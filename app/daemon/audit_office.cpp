#include "app/daemon/audit_office.hpp"

#include "actors/audit_trail.hpp"
#include "app/daemon/daemon_options.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include <utility>

namespace bridgekeeper::app {

void audit_office::open(caf::actor_system& system, const config& values,
                        const std::shared_ptr<actors::census>& people) {
  if (!values.audit.path) {
    spdlog::info("nothing is audited: audit.path (--audit-log) names no file");
    return;
  }
  auto log = std::make_shared<store::audit_log>(
      make_audit_options(values),
      [](const std::string& text) { spdlog::error("{}", text); });
  auto backlog = std::make_shared<actors::audit_backlog>();
  trail_ = actors::spawn_on(system, nullptr, actors::audit_trail, people,
                            std::move(log), backlog);
  desk_ = {trail_, std::move(backlog), make_audit_level(values)};
  spdlog::info("auditing to {}", *values.audit.path);
}

void audit_office::close() {
  desk_.tell_all_suppressed();
  desk_ = {};
  if (trail_)
    caf::anon_send(trail_, actors::stop_atom_v);
  trail_ = nullptr;
}

} // namespace bridgekeeper::app
