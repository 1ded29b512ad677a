#pragma once

#include "domain/errc.hpp"
#include "domain/failure_class.hpp"
#include "domain/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper {

/// The state of a dispatch. The first four are live, the others are final.
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

/// The name used in JSON and on the command line: `timed_out`.
[[nodiscard]] std::string_view to_string(dispatch_state x) noexcept;

[[nodiscard]] std::optional<dispatch_state>
to_dispatch_state(std::string_view name) noexcept;

/// The effect of an event on a dispatch.
enum class life_step : std::uint8_t {
  /// The event does not apply in this state.
  none,
  /// The state has changed.
  moved,
  /// The attempt failed; the dispatch is queued again as its next attempt.
  retried,
  /// The dispatch continues on another link, whose bridge already knows it.
  adopted,
  /// The dispatch continues on another link; its frame must be sent again with
  /// the same wire id.
  resent,
  /// The dispatch has ended, with `reason()` unless it was completed.
  ended,
  /// A result arrived for an attempt that had already ended without one. Keep
  /// it with the record; nothing else changes.
  late,
};

/// Which failed attempts are retried.
struct retry_policy {
  std::uint16_t max_attempts = 1;
  /// All that the bridge reports as failed.
  bool on_failed = false;
  /// Includes those that the bridge itself has ended because of their timeout.
  bool on_timeout = false;
  bool on_lost = false;
  /// Those that the bridge reports as failed, of these classes.
  failure_class_set on_classes = {};

  /// Whether an attempt that the bridge reports as failed is retried.
  [[nodiscard]] bool
  covers_failure(std::optional<failure_class> why) const noexcept;

  friend bool operator==(const retry_policy&, const retry_policy&) = default;
};

/// Adds the reason that a request names: `lost`, `timed_out`, `failed` or a
/// class of failures. Returns false if it names nothing of these.
[[nodiscard]] bool add_reason(retry_policy& out, std::string_view name);

/// The names of the reasons, in a fixed order.
[[nodiscard]] std::vector<std::string_view> reasons_of(const retry_policy& x);

/// All of them for people, separated by commas, with "and" before the last.
[[nodiscard]] const std::string& all_retry_reasons();

/// The state machine of one dispatch. Has no access to clocks, stores or
/// actors: its owner feeds it events and carries out the step that each call
/// returns. Every event from a link names the attempt and, where it matters,
/// the agent's incarnation, so late events and events from superseded links
/// change nothing.
class dispatch_life {
public:
  /// Starts in `queued`.
  dispatch_life() = default;

  explicit dispatch_life(retry_policy policy) : policy_(policy) {}

  /// What the store keeps of a dispatch, to continue it after a restart.
  struct snapshot {
    dispatch_state state = dispatch_state::queued;
    std::uint16_t attempt = 1;
    incarnation sent_to{};
    bool is_awaited = false;
    std::optional<errc> reason = {};
  };

  dispatch_life(retry_policy policy, const snapshot& x)
    : policy_(policy), attempt_(x.attempt), state_(x.state),
      awaited_(x.is_awaited), sent_to_(x.sent_to), reason_(x.reason) {}

  [[nodiscard]] dispatch_state state() const noexcept {
    return state_;
  }

  /// Counted from 1.
  [[nodiscard]] std::uint16_t attempt() const noexcept {
    return attempt_;
  }

  /// The incarnation of the agent that the current attempt was sent to.
  [[nodiscard]] incarnation sent_to() const noexcept {
    return sent_to_;
  }

  /// The link is gone, but the agent may still come back for this dispatch.
  [[nodiscard]] bool is_awaited() const noexcept {
    return awaited_;
  }

  /// Why the dispatch ended without a result, or why its last attempt failed.
  [[nodiscard]] std::optional<errc> reason() const noexcept {
    return reason_;
  }

  // -- sending to the bridge --------------------------------------------------

  /// The frame is being sent to this incarnation of the agent.
  life_step on_sent(incarnation to);
  /// The frame could not be sent; this does not use up an attempt.
  life_step on_unsent(incarnation to);

  // -- messages from the bridge -----------------------------------------------

  life_step on_accepted(std::uint16_t attempt);
  life_step on_progress(std::uint16_t attempt);
  life_step on_response(std::uint16_t attempt);
  /// A response with an error, of this class if the bridge names one.
  life_step on_error(std::uint16_t attempt,
                     std::optional<failure_class> why = {});

  // -- timeouts ---------------------------------------------------------------

  /// The attempt has timed out. Awaited attempts have no timeout.
  life_step on_attempt_timeout(std::uint16_t attempt);
  /// The dispatch has been queued for too long.
  life_step on_queue_timeout();
  /// The time limit for all attempts together has passed.
  life_step on_total_timeout();

  // -- links ------------------------------------------------------------------

  /// The link is gone for the given reason, and the bridge cannot resume its
  /// work.
  life_step on_lost(incarnation from, errc why);
  /// The agent has been gone for too long for a queued dispatch that does not
  /// wait for absent agents.
  life_step on_agent_gone(errc why);
  /// The link is gone, but the bridge may come back and resume its work.
  life_step on_link_down(incarnation from);
  /// The bridge did not come back in time. `is_overdue`: the attempt's timeout
  /// has passed in the meantime.
  life_step on_grace_over(bool is_overdue);
  /// The same bridge process is back on this incarnation. `is_listed`: the
  /// bridge says that it knows the attempt.
  life_step on_resumed(incarnation to, bool is_listed);

  // -- retries ----------------------------------------------------------------

  /// The attempt that would be the next one is not made: the dispatch ends as
  /// its last attempt has ended.
  life_step on_retry_dropped();

  // -- cancellation -----------------------------------------------------------

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
