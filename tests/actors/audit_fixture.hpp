#pragma once

#include "actors/audit_trail.hpp"
#include "actors/tell.hpp"
#include "api/control_fixture.hpp"
#include "store/scratch_log.hpp"

#include <memory>
#include <string>
#include <vector>

namespace bridgekeeper::test {

/// A world with a control client whose doings are audited.
struct audit_world : control_world {
  explicit audit_world(audit_level level = audit_level::everything);
  ~audit_world();

  /// A trail for the same log; the one before must have ended.
  void start_trail();

  /// Tells the trail to end, as the daemon does, and lets it.
  void stop_trail();

  /// Kills the trail before it handles anything else. The backlog still leads
  /// to it.
  void kill_trail();

  /// The lines of the log.
  [[nodiscard]] std::vector<json> lines() const;

  /// Their events, oldest first, with blanks between them.
  [[nodiscard]] std::string events() const;

  /// The last line of this event, which must be there.
  [[nodiscard]] json last(const std::string& event) const;

  static constexpr std::size_t most_waiting = 200;

  /// What facts are about.
  const announcement alpha;
  const origin client{"192.0.2.1", "ci"};
  const dispatch_order_ptr order = make_task("alpha", "m-1");

  scratch_log files;
  std::shared_ptr<audit_backlog> backlog =
      std::make_shared<audit_backlog>(most_waiting);
  audit_trail_actor trail;
};

} // namespace bridgekeeper::test
