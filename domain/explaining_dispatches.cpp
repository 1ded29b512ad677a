#include "domain/explaining_dispatches.hpp"

#include "domain/count_text.hpp"
#include "domain/explaining_ends.hpp"
#include "domain/reason_guide.hpp"
#include "domain/retry_backoff.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace bridgekeeper {

namespace {

using std::chrono::milliseconds;

std::string attempt_text(std::uint16_t attempt) {
  return "Attempt " + std::to_string(attempt);
}

/// What `decision_teller` begins the end of a dispatch with.
constexpr std::string_view end_lead = "The dispatch has ended: ";

std::string list_text(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& x : words)
    out += (out.empty() ? "" : ", ") + x;
  return out;
}

/// Builds the steps of one dispatch.
class dispatch_teller {
public:
  explicit dispatch_teller(const dispatch_case& about) : x_(about) {}

  std::vector<decision> tell() {
    if (x_.course) {
      tell_record(*x_.course);
      steps_.insert(steps_.end(), x_.decisions.begin(), x_.decisions.end());
      std::stable_sort(
          steps_.begin(), steps_.end(),
          [](const auto& a, const auto& b) { return a.at < b.at; });
      tell_present(*x_.course);
    } else {
      steps_ = x_.decisions;
    }
    return std::move(steps_);
  }

private:
  [[nodiscard]] bool is_told(decision_topic topic) const {
    return std::any_of(x_.decisions.begin(), x_.decisions.end(),
                       [topic](const auto& d) { return d.topic == topic; });
  }

  decision& add(timestamp at, std::string text) {
    return steps_.emplace_back(decision{.at = at, .text = std::move(text)});
  }

  /// Adds the rule of a timer and the value that applies: the request's own, or
  /// the daemon's.
  void add_timer(decision& to, std::string_view rule, std::string_view field,
                 const std::optional<milliseconds>& asked) {
    to.rule = rule;
    if (asked) {
      to.setting = field;
      to.value = seconds_value(*asked);
      return;
    }
    to.setting = "dispatch.timeout";
    to.value = value_of(x_.settings, to.setting);
  }

  // -- the past ---------------------------------------------------------------

  void tell_record(const dispatch_course& x) {
    add(x.created,
        x.agent.empty()
            ? std::string{"The dispatch was accepted; it names no agent."}
            : "The dispatch to agent " + x.agent.str() + " was accepted.");
    for (const auto& change : x.changes)
      tell(change);
    if (x.sent)
      add(*x.sent, attempt_text(x.attempt) + " was sent to the bridge of agent "
                       + x.agent.str() + '.');
    if (x.running)
      add(*x.running, "The agent reported its first progress.");
    if (x.ended)
      tell_end(x);
  }

  void tell(const dispatch_course::change& x) {
    using kind = dispatch_course::change::kind;
    switch (x.what) {
    case kind::retried:
      // Decisions say more, but only since the daemon was started.
      if (x.at >= x_.decisions_began && is_told(decision_topic::retried))
        return;
      tell_retry(x, x.reason.value_or(errc::internal));
      return;
    case kind::adopted:
      add(x.at, "The bridge came back and went on with the dispatch.");
      return;
    case kind::cancelled:
      add(x.at, "A client or an operator asked to cancel the dispatch.");
      return;
    case kind::late_result:
      add(x.at, "The bridge responded after the end; the late result is kept "
                "beside the record.");
      return;
    }
  }

  void tell_retry(const dispatch_course::change& x, errc why) {
    auto& step = steps_.emplace_back(make_decision(
        x.at, decision_topic::retried, why,
        attempt_text(x.attempt) + " has failed (" + std::string{sentence(why)}
            + "), and the dispatch is tried again."));
    // The value of that time is unknown.
    step.setting = {};
    step.next = {};
  }

  void tell_end(const dispatch_course& x) {
    if (!x.reason) {
      add(*x.ended, "The agent has responded; the dispatch is completed.");
      return;
    }
    if (is_told(decision_topic::ended))
      return;
    auto step =
        make_decision(*x.ended, decision_topic::ended, *x.reason,
                      std::string{end_lead} + in_words(x.detail, *x.reason));
    if (*x.reason == errc::timeout)
      add_expired_timer(step, x);
    else if (*x.reason == errc::agent_lost)
      explain_loss(step, x.detail, {});
    else if (*x.reason == errc::task_failed)
      explain_failure(step, x.failed_as);
    // The values of an earlier daemon are unknown.
    if (*x.ended < x_.decisions_began && is_configured(step))
      step.setting = step.value = {};
    else if (step.value.empty())
      step.value = value_of(x_.settings, step.setting);
    steps_.push_back(std::move(step));
  }

  /// Which timer has ended the dispatch is known from its last state.
  void add_expired_timer(decision& to, const dispatch_course& x) {
    using fact::dispatch_timer;
    auto is_total = x.detail.find("total") != std::string::npos;
    auto which = is_total  ? dispatch_timer::total
                 : !x.sent ? dispatch_timer::queue
                           : dispatch_timer::attempt;
    const auto& asked = is_total  ? x.total_timeout
                        : !x.sent ? x.queue_timeout
                                  : x.timeout;
    explain_timer(to, which, asked.has_value(),
                  asked ? seconds_value(*asked)
                        : value_of(x_.settings, "dispatch.timeout"));
  }

  /// Whether its setting is a key in the configuration rather than a field of
  /// the request.
  static bool is_configured(const decision& x) {
    return x.setting.find('.') != std::string::npos;
  }

  // -- the present ------------------------------------------------------------

  void tell_present(const dispatch_course& x) {
    if (is_end(x.state))
      return;
    if (x.awaited_until)
      return tell_awaited(*x.awaited_until);
    if (x.state == dispatch_state::queued) {
      tell_wait(x);
      tell_start_timer(x);
    } else {
      tell_work(x);
    }
  }

  void tell_awaited(timestamp until) {
    auto& step = add(x_.now, "The bridge has lost its link and may come back "
                             "for the dispatch until "
                                 + to_iso8601_seconds(until) + '.');
    step.why = errc::agent_lost;
    step.rule = "A bridge that speaks protocol 1.1 may be away for "
                "bridge.resume_grace before its dispatches are lost.";
    step.setting = "bridge.resume_grace";
    step.value = value_of(x_.settings, step.setting);
    step.next = "Let the bridge connect again before that time.";
  }

  void tell_wait(const dispatch_course& x) {
    auto& step = add(x_.now, {});
    if (x.attempt > 1 && x.retry_at && *x.retry_at > x_.now)
      return tell_pause(step, x, *x.retry_at);
    step.topic = decision_topic::queued;
    if (x.agent.empty())
      return tell_wait_for_any(step);
    auto name = "agent " + x.agent.str();
    if (!x_.agent || !x_.agent->connected) {
      step.text = "It waits because " + name + " is not connected.";
      step.rule = "A dispatch with a queue timeout waits for its agent.";
      step.next = "Start the bridge of " + name + '.';
    } else if (x_.agent->is_cordoned) {
      step.text = "It waits because an operator has cordoned " + name + '.';
      step.rule = "A cordoned agent is sent nothing new.";
      step.next = "Use `bridgekeeper uncordon " + x.agent.str()
                  + "` to let the agent work again.";
    } else if (x_.agent->announced && x_.agent->announced->vitals
               && x_.agent->announced->vitals->is_bridge_draining) {
      step.text = "It waits because the bridge of " + name
                  + " has asked for no further dispatches.";
      step.rule = "A bridge that drains is sent nothing new.";
      step.next = "Start the bridge again once it has stopped.";
    } else {
      tell_wait_for_slot(step, name);
    }
    if (x_.before)
      step.text.insert(step.text.size() - 1,
                       "; it is number " + std::to_string(*x_.before + 1)
                           + " in the queue");
  }

  void tell_pause(decision& step, const dispatch_course& x, timestamp until) {
    step.text = "It waits: " + attempt_text(x.attempt) + " of "
                + std::to_string(x.max_attempts) + " is not made before "
                + to_iso8601_seconds(until) + '.';
    step.next = "Wait, or cancel the dispatch with `bridgekeeper cancel`.";
    auto backoff = x.backoff.value_or(milliseconds{0});
    if (auto limit = rate_limit_before(x, until, backoff)) {
      step.text.insert(step.text.size() - 1,
                       ", because the agent's rate limit (rate_limited) "
                       "requires a pause of "
                           + duration_text(*limit));
      step.rule = rate_limit_rule;
      return;
    }
    step.rule = "The pause before another attempt doubles each time.";
    step.setting = "retry.backoff_s";
    step.value = seconds_value(backoff);
  }

  /// How long a rate limit is waited for, if that is why the pause is longer
  /// than the backoff.
  static std::optional<milliseconds> rate_limit_before(const dispatch_course& x,
                                                       timestamp until,
                                                       milliseconds backoff) {
    using kind = dispatch_course::change::kind;
    auto last =
        std::find_if(x.changes.rbegin(), x.changes.rend(),
                     [](const auto& y) { return y.what == kind::retried; });
    if (last == x.changes.rend())
      return std::nullopt;
    auto pause = std::chrono::round<std::chrono::seconds>(until - last->at);
    auto is_longer =
        pause > backoff_before(x.attempt, backoff) + std::chrono::seconds{1};
    return is_longer ? std::optional<milliseconds>{pause} : std::nullopt;
  }

  void tell_wait_for_any(decision& step) {
    step.text = "It waits for any agent"
                + (x_.required.empty() ? std::string{}
                                       : " with " + list_text(x_.required))
                + " that is connected and free.";
    step.rule = "A dispatch that names no agent goes to the least busy agent "
                "with the required capabilities and labels.";
    step.setting = "require";
    step.value = list_text(x_.required);
    step.next =
        "Start a bridge with these capabilities and labels, or uncordon "
        "an agent that has them; see `bridgekeeper agents`.";
  }

  void tell_wait_for_slot(decision& step, const std::string& name) {
    step.text = "It waits for a free slot of " + name + '.';
    step.rule = "A bridge is sent as many dispatches as it has slots; the "
                "others wait, in the order of their priority.";
    step.next = "Wait, give the next dispatch a higher --priority, or send it "
                "to another agent.";
    if (!x_.live)
      return;
    const auto& live = *x_.live;
    step.text = "It waits because " + name + " has "
                + count_text(live.slots, "slot", "slots") + " and works on "
                + count_text(live.pending, "dispatch", "dispatches") + '.';
    if (live.pending < live.slots)
      return;
    const auto& announced = x_.agent->announced;
    slots_setting slots{announced};
    if (!announced || announced->instance.empty())
      step.rule += " A dispatch that has timed out keeps its slot for a time, "
                   "because a stock bridge keeps working on it.";
    step.setting = slots.name;
    step.value = std::to_string(live.slots);
    step.next = "Wait, give the next dispatch a higher --priority, send it to "
                "another agent, or "
                + std::string{slots.advice} + '.';
  }

  void tell_start_timer(const dispatch_course& x) {
    if (!x.start_by)
      return;
    auto& step = add(x_.now, "Unless it is sent before "
                                 + to_iso8601_seconds(*x.start_by)
                                 + ", it ends with a timeout.");
    add_timer(step, "A dispatch may wait for its queue timeout.",
              "queue_timeout_s", x.queue_timeout);
  }

  void tell_work(const dispatch_course& x) {
    auto& step =
        add(x_.now, "The bridge of agent " + x.agent.str() + " works on it ("
                        + attempt_text(x.attempt) + " of "
                        + std::to_string(x.max_attempts) + ')'
                        + (x.deadline ? "; without a response it times out at "
                                            + to_iso8601_seconds(*x.deadline)
                                      : std::string{})
                        + '.');
    add_timer(step, "An attempt may take as long as its timeout says.",
              "timeout_s", x.timeout);
    step.next = "Follow its progress with `bridgekeeper attach`.";
  }

  const dispatch_case& x_;
  std::vector<decision> steps_;
};

std::string summary_of(const dispatch_case& x,
                       const std::vector<decision>& steps) {
  // A refused dispatch is not on record.
  if (!x.course)
    return steps.back().text;
  const auto& course = *x.course;
  if (course.state == dispatch_state::completed)
    return "Dispatch " + x.id.str() + " is completed.";
  auto lead = "Dispatch " + x.id.str();
  if (is_end(course.state)) {
    lead += " has ended (" + std::string{to_string(course.state)} + ')';
    auto pos = std::find_if(steps.rbegin(), steps.rend(), [](const auto& d) {
      return d.topic == decision_topic::ended;
    });
    if (pos == steps.rend())
      return lead + '.';
    return pos->text.starts_with(end_lead)
               ? lead + ": " + pos->text.substr(end_lead.size())
               : lead + ". " + pos->text;
  }
  auto pos = std::find_if(steps.begin(), steps.end(),
                          [&](const auto& d) { return d.at == x.now; });
  return lead + " has not ended. "
         + (pos != steps.end() ? pos->text : std::string{});
}

/// What was decided about earlier attempts needs no advice any more.
void add_advice(explanation& out, const dispatch_case& x) {
  if (!x.course)
    return collect_advice(out);
  auto has_ended = is_end(x.course->state);
  for (auto step = out.steps.rbegin(); step != out.steps.rend(); ++step) {
    auto applies =
        has_ended ? step->topic == decision_topic::ended : step->at == x.now;
    if (applies && !step->next.empty()
        && std::find(out.next.begin(), out.next.end(), step->next)
               == out.next.end())
      out.next.push_back(step->next);
  }
}

} // namespace

explanation explain(dispatch_case x) {
  explanation out{explained_kind::dispatch, x.id.str(), {}, {}, {}};
  out.steps = dispatch_teller{x}.tell();
  out.summary = summary_of(x, out.steps);
  add_advice(out, x);
  return out;
}

} // namespace bridgekeeper
