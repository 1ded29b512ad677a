#pragma once

#include "actors/interfaces.hpp"
#include "actors/io_actor.hpp"
#include "app/console/console.hpp"
#include "app/console/tail_backlog.hpp"
#include "app/console/terms.hpp"
#include "domain/shared_text.hpp"
#include "domain/stream_name.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace bridgekeeper::console {

/// See interfaces.hpp. Follows the event hub for one terminal, and ends once
/// the terminal has shown the end of the dispatch that it follows, if any. Runs
/// on CAF's worker pool. CAF's network layer has unlimited buffers, so only one
/// message to the terminal is in flight at a time: the terminal responds after
/// it has shown the lines. A terminal that does not respond for a while has
/// stopped.
struct console_tail_state {
  static inline const char* name = "console-tail";

  using self_type = io_actor<console_tail_state, console_tail_actor>;

  explicit console_tail_state(console_tail_actor::base* self_ptr)
    : self(self_ptr) {}

  /// Stops monitoring the hub, which outlives the tail and would otherwise keep
  /// the entry forever.
  ~console_tail_state();

  console_tail_actor::behavior_type make_behavior();

  /// Subscribes to the current hub.
  void follow();
  void on_event(const event_ptr& x);
  void on_history(const past_events& past);
  /// Sends the waiting events unless the terminal is busy.
  void send_lines();

  // -- data -------------------------------------------------------------------

  console_tail_actor::base* self;
  std::shared_ptr<const console_world> world;
  console_terminal terminal;
  stream_name which;
  /// Whether nothing follows what waits: the dispatch has ended.
  bool is_over = false;
  /// Null until the supervisor has named the hub.
  event_hub_actor followed;
  /// The number of the newest event that the tail need not show any more; unset
  /// until it is known.
  std::optional<std::uint64_t> seen;
  tail_backlog waiting;
  /// Whether the terminal has yet to show the lines that it was sent.
  bool busy = false;
  /// The JSON of the events in those lines, so that it is not generated again
  /// for other readers of the same events.
  std::vector<shared_text_ptr> texts_shown;
  std::chrono::steady_clock::time_point busy_since{};
};

/// Shows the events of `which` after the event `after`, or, if that is unset,
/// from now on.
console_tail_actor::behavior_type
console_tail(console_tail_state::self_type* self,
             std::shared_ptr<const console_world> world,
             console_terminal terminal, stream_name which,
             std::optional<std::uint64_t> after);

} // namespace bridgekeeper::console
