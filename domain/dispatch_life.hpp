#pragma once

#include "domain/errc.hpp"
#include "domain/ids.hpp"

#include <cstdint>
#include <optional>

namespace bridgekeeper {

/// Where a dispatch is. The first four are alive, the others are ends.
enum class dispatch_state : std::uint8_t {
  queued,
  sent,
  accepted,
  running,
  completed,
  failed,
  timed_out,
  cancelled,
  lost,
};

[[nodiscard]] constexpr bool is_end(dispatch_state x) noexcept {
  return x >= dispatch_state::completed;
}

/// What an event did to a dispatch.
enum class life_step : std::uint8_t {
  /// The event does not apply in this state.
  none,
  /// The state is another one now.
  moved,
  /// The attempt failed; the dispatch is queued again as its next attempt.
  retried,
  /// The dispatch continues on another link, whose bridge already knows it.
  adopted,
  /// The dispatch continues on another link; its frame must be sent again,
  /// under
  /// the same wire id.
  resent,
  /// The dispatch has ended, with `reason()` unless it was completed.
  ended,
  /// A result for an attempt that has ended without one. Keep it beside the
  /// record; nothing else changes.
  late,
};

/// Which failed attempts are followed by another one.
struct retry_policy {
  std::uint16_t max_attempts = 1;
  bool on_failed = false;
  bool on_timeout = false;
  bool on_lost = false;
};

/// The life of one dispatch: which state an event leads to. Knows no clock, no
/// store and no actor; whoever owns the dispatch feeds it events and carries
/// out the step that it returns. Each event of a link names the attempt, and
/// where that matters the incarnation of the agent, so an event that comes late
/// or from a superseded link changes nothing.
class dispatch_life {
public:
  /// Waits in a queue.
  dispatch_life() = default;

  explicit dispatch_life(retry_policy policy) : policy_(policy) {}

  [[nodiscard]] dispatch_state state() const noexcept {
    return state_;
  }

  /// From 1.
  [[nodiscard]] std::uint16_t attempt() const noexcept {
    return attempt_;
  }

  /// Of the agent that the current attempt was sent to.
  [[nodiscard]] incarnation sent_to() const noexcept {
    return sent_to_;
  }

  /// Its link is gone, and the agent may still come back for it.
  [[nodiscard]] bool is_awaited() const noexcept {
    return awaited_;
  }

  /// Why it ended other than by a result, or why its last attempt failed.
  [[nodiscard]] std::optional<errc> reason() const noexcept {
    return reason_;
  }

  // -- the way to the bridge --------------------------------------------------

  /// The frame goes out to this incarnation of the agent.
  life_step on_sent(incarnation to);
  /// The frame could not leave; no attempt is used up.
  life_step on_unsent(incarnation to);

  // -- what the bridge says ---------------------------------------------------

  life_step on_accepted(std::uint16_t attempt);
  life_step on_progress(std::uint16_t attempt);
  life_step on_response(std::uint16_t attempt);
  /// A response with an error.
  life_step on_error(std::uint16_t attempt);

  // -- clocks -----------------------------------------------------------------

  /// The time of this attempt is over. An attempt that is awaited has none.
  life_step on_attempt_timeout(std::uint16_t attempt);
  /// It has waited in the queue for too long.
  life_step on_queue_timeout();
  /// The time for all attempts together is over.
  life_step on_total_timeout();

  // -- links ------------------------------------------------------------------

  /// The link is gone, for this reason, and the bridge cannot take up its work
  /// again.
  life_step on_lost(incarnation from, errc why);
  /// The link is gone, and the bridge may come back for its work.
  life_step on_link_down(incarnation from);
  /// The bridge did not come back in time. `is_overdue`: the attempt's time has
  /// passed meanwhile.
  life_step on_grace_over(bool is_overdue);
  /// The same process of the bridge is back, on this incarnation, and says
  /// whether it knows the attempt.
  life_step on_resumed(incarnation to, bool is_listed);

  // -- people -----------------------------------------------------------------

  life_step on_cancel();

private:
  [[nodiscard]] bool on_link() const noexcept;
  [[nodiscard]] bool is_current(std::uint16_t attempt) const noexcept;
  life_step move(dispatch_state to);
  life_step end(dispatch_state how, std::optional<errc> why);
  life_step fail_attempt(dispatch_state how, errc why, bool may_retry);

  retry_policy policy_;
  std::uint16_t attempt_ = 1;
  dispatch_state state_ = dispatch_state::queued;
  bool awaited_ = false;
  incarnation sent_to_{};
  std::optional<errc> reason_;
};

} // namespace bridgekeeper
