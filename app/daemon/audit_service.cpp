#include "app/daemon/audit_service.hpp"

#include "actors/audit_trail.hpp"
#include "app/daemon/daemon_options.hpp"
#include "log/log_line.hpp"

#include <caf/actor_system.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace bridgekeeper::app {

namespace {

constexpr auto retry_interval = std::chrono::seconds{5};

} // namespace

void audit_service::open(caf::actor_system& system, const config& values,
                         const std::shared_ptr<actor_statistics>& actor_stats) {
  if (!values.audit.path) {
    log::info("nothing is audited because audit.path (--audit-log) is not "
              "set");
    return;
  }
  system_ = &system;
  actor_stats_ = actor_stats;
  values_ = values;
  backlog_ = std::make_shared<actors::audit_backlog>();
  start(std::chrono::steady_clock::now());
  sink_ = {backlog_, make_audit_level(values)};
  log::info("auditing to {}", *values.audit.path);
}

void audit_service::start(time_point now) {
  auto entries = std::make_shared<store::audit_log>(
      make_audit_options(values_),
      [](const std::string& text) { log::error("{}", text); });
  auto trail = actors::spawn_on(*system_, nullptr, actors::audit_trail,
                                actor_stats_, std::move(entries), backlog_);
  watch_.follow(trail);
  backlog_->lead_to(std::move(trail));
  is_alive_ = true;
  started_ = now;
}

bool audit_service::keep(time_point now) {
  if (!backlog_)
    return true;
  if (auto reason = watch_.take_end()) {
    actor_stats_->count_restart(actors::audit_trail_state::name);
    log::error("the audit trail died ({}) and will be restarted", *reason);
    is_alive_ = false;
    backlog_->lead_to({});
    next_try_ = std::max(now, started_ + retry_interval);
  }
  if (!is_alive_ && now >= next_try_)
    try_again(now);
  if (!values_.audit.required || !backlog_->is_losing())
    return true;
  if (!std::exchange(is_stopping_, true))
    log::critical("stopping the daemon because audit entries were lost and "
                  "audit.required is set");
  return false;
}

void audit_service::try_again(time_point now) {
  try {
    start(now);
    is_told_ = false;
    log::warn("the audit trail was restarted");
  } catch (const std::runtime_error& problem) {
    next_try_ = now + retry_interval;
    if (!std::exchange(is_told_, true))
      log::critical("{} Nothing is audited until the audit log can be "
                    "written.",
                    problem.what());
  }
}

bool audit_service::kill() {
  auto trail = backlog_ ? backlog_->trail() : actors::audit_trail_actor{};
  if (!trail)
    return false;
  caf::anon_send_exit(trail, caf::exit_reason::kill);
  return true;
}

void audit_service::close() {
  sink_.tell_all_suppressed();
  sink_ = {};
  if (!backlog_)
    return;
  if (auto trail = backlog_->trail())
    caf::anon_send(trail, actors::stop_atom_v);
  backlog_ = nullptr;
}

} // namespace bridgekeeper::app
