#pragma once

#include "domain/announcement.hpp"
#include "domain/decision.hpp"
#include "domain/facts.hpp"
#include "domain/failure_class.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper {

// What explains the ends of links, attempts and dispatches, where a reason
// alone does not tell. Most functions set the rule, the setting and the advice
// of a decision that has been made from its reason. Any thread.

/// The detail of a reason, or its sentence, to end a sentence with: without the
/// second line, which is advice, and without a capital unless the text is an
/// agent's.
[[nodiscard]] std::string in_words(std::string_view detail, errc why);

// -- lost dispatches ----------------------------------------------------------

// The ends of failures `agent_lost` in words. They are also what is on record,
// so explanations tell the cases apart by them.

inline constexpr std::string_view bridge_was_restarted =
    "its bridge was restarted";
inline constexpr std::string_view bridge_forgot_dispatch =
    "its bridge no longer knows the dispatch";
inline constexpr std::string_view bridge_stayed_away =
    "its bridge did not come back in time";
inline constexpr std::string_view daemon_was_restarted =
    "Bridgekeeper was restarted before the agent responded";

/// The detail of the failure `agent_lost` of a dispatch: `cause` is one of the
/// first three.
[[nodiscard]] std::string lost_because(std::string_view cause);

/// A dispatch has ended with `agent_lost` and this detail. `can_resume`:
/// whether its bridge speaks protocol 1.1; unset: unknown. If a setting
/// remains, its value is left open.
void explain_loss(decision& x, std::string_view detail,
                  std::optional<bool> can_resume);

/// An agent was disconnected because its link has ended by itself, with this
/// detail: the bridge's close code and text, if it has sent one.
void explain_link_end(decision& x, std::string_view detail);

// -- timers -------------------------------------------------------------------

/// The timer `which` has expired, except `none`. `is_asked`: the request has
/// named the time that it allows, which is `value` in any case.
void explain_timer(decision& x, fact::dispatch_timer which, bool is_asked,
                   std::string value);

// -- slots --------------------------------------------------------------------

/// What decides how many dispatches a bridge is sent at a time.
struct slots_setting {
  /// `announced` may be null.
  explicit slots_setting(const announcement_ptr& announced);

  /// A key in the configuration, or the member that a bridge of protocol 1.1
  /// has sent.
  std::string_view name;
  /// How to change it: part of a sentence.
  std::string_view advice;
};

// -- failed tasks -------------------------------------------------------------

/// The bridge has reported a failure of this class, if it named one.
void explain_failure(decision& x, std::optional<failure_class> why);

/// Why the next attempt waits for longer than its backoff.
inline constexpr std::string_view rate_limit_rule =
    "After a failure of the class rate_limited, the next attempt is not made "
    "before the time that the agent names, or within 30 s if it names none.";

} // namespace bridgekeeper
