#include "actors/audit_trail.hpp"

#include "log/log_line.hpp"

#include <utility>

namespace bridgekeeper::actors {

audit_trail_actor::behavior_type audit_trail_state::make_behavior() {
  return {
      [this](note_atom, const audit_entry_ptr& x) { on_note(*x); },
      [this](stop_atom) { on_stop(); },
  };
}

void audit_trail_state::on_note(const store::audit_entry& x) {
  backlog->waiting.fetch_sub(1);
  count_dropped();
  log->append(x);
  backlog->is_failing = log->missing() > 0;
}

void audit_trail_state::on_stop() {
  count_dropped();
  log->settle(wall_clock_now());
  if (auto lost = log->missing())
    log::error("{} entries are missing from the audit log", lost);
  self->quit();
}

void audit_trail_state::count_dropped() {
  auto dropped = backlog->dropped.exchange(0);
  if (dropped > 0) {
    if (missed == 0)
      log::warn("the audit trail is behind; entries are being dropped");
    missed += dropped;
    log->count_missing(dropped, std::string{token(errc::overflow)});
  } else if (missed > 0 && backlog->waiting == 0) {
    log::warn("the audit trail has caught up: {} entries were dropped",
              std::exchange(missed, 0));
  }
  if (auto lost = backlog->lost.exchange(0)) {
    log::warn("{} entries were lost while the audit trail was down", lost);
    log->count_missing(lost, std::string{token(errc::unavailable)});
  }
}

audit_trail_actor::behavior_type
audit_trail(audit_trail_state::self_type* self,
            std::shared_ptr<actor_statistics> actor_stats,
            std::shared_ptr<store::audit_log> log,
            std::shared_ptr<audit_backlog> backlog) {
  self->join_statistics(actor_stats, std::nullopt);
  auto& state = self->state;
  state.log = std::move(log);
  state.backlog = std::move(backlog);
  return state.make_behavior();
}

} // namespace bridgekeeper::actors
