#pragma once

#include "actors/interfaces.hpp"
#include "actors/io_actor.hpp"
#include "app/console/console.hpp"
#include "app/console/tail_backlog.hpp"
#include "app/console/terms.hpp"

#include <chrono>
#include <memory>
#include <optional>

namespace bridgekeeper::console {

/// See interfaces.hpp. Follows the event hub for one terminal, on CAF's worker
/// pool. CAF's network layer buffers without bound, so there is never more than
/// one answer to wait for: the terminal says when it has shown what it got. One
/// that shows nothing for a while has stopped.
struct console_tail_state {
  static inline const char* name = "console-tail";

  using self_type = io_actor<console_tail_state, console_tail_actor>;

  explicit console_tail_state(console_tail_actor::base* self_ptr)
    : self(self_ptr) {}

  /// The hub stays, and would keep what monitors it.
  ~console_tail_state();

  console_tail_actor::behavior_type make_behavior();

  /// Subscribes to the hub as it stands now.
  void follow();
  void on_event(const event_ptr& x);
  /// Sends what waits, unless the terminal is still busy.
  void send_lines();

  // -- data -------------------------------------------------------------------

  console_tail_actor::base* self;
  std::shared_ptr<const console_world> world;
  console_terminal terminal;
  /// None: all of them.
  std::optional<agent_id> agent;
  /// Null until the supervisor has said who it is.
  event_hub_actor followed;
  tail_backlog waiting;
  /// The terminal has not shown yet what it was sent.
  bool busy = false;
  std::chrono::steady_clock::time_point busy_since{};
};

console_tail_actor::behavior_type
console_tail(console_tail_state::self_type* self,
             std::shared_ptr<const console_world> world,
             console_terminal terminal, std::optional<agent_id> agent);

} // namespace bridgekeeper::console
