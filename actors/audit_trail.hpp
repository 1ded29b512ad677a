#pragma once

#include "actors/audit_sink.hpp"
#include "actors/interfaces.hpp"
#include "actors/io_actor.hpp"
#include "store/audit/audit_log.hpp"

#include <memory>

namespace bridgekeeper::actors {

/// See interfaces.hpp. Runs on CAF's worker pool, so its handlers may block.
struct audit_trail_state {
  static inline const char* name = "audit-trail";

  using self_type = io_actor<audit_trail_state, audit_trail_actor>;

  explicit audit_trail_state(audit_trail_actor::base* self_ptr)
    : self(self_ptr) {}

  audit_trail_actor::behavior_type make_behavior();

  void on_note(const store::audit_entry& x);
  void on_stop();

  // -- data -------------------------------------------------------------------

  audit_trail_actor::base* self;
  std::shared_ptr<store::audit_log> log;
  std::shared_ptr<audit_backlog> backlog;
  /// Entries dropped since the trail fell behind.
  std::uint64_t missed = 0;

private:
  /// Records the numbers of dropped and lost entries in the audit log.
  void count_dropped();
};

/// `log` must have no other writer.
audit_trail_actor::behavior_type
audit_trail(audit_trail_state::self_type* self,
            std::shared_ptr<actor_statistics> actor_stats,
            std::shared_ptr<store::audit_log> log,
            std::shared_ptr<audit_backlog> backlog);

} // namespace bridgekeeper::actors
