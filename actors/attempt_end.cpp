#include "actors/attempt_end.hpp"

#include "actors/store_port.hpp"
#include "actors/tell.hpp"
#include "domain/utf8.hpp"

#include <chrono>
#include <iterator>
#include <utility>

namespace bridgekeeper::actors {

namespace {

/// The part of an agent's error that lists of dispatches show, in bytes.
constexpr std::size_t max_listed_error = 500;

/// The events of what `tell_failure` tells.
store::event_list events_of_failure(const attempt_end& end,
                                    const dispatch& task) {
  auto out =
      end.why.code == errc::cancelled ? event_of(
          fact::dispatch_cancelled{*end.who.agent, task.session, task.message})
                                      : store::event_list{};
  auto last = event_of(fact::dispatch_failed{*end.who.agent, task.session,
                                             task.message, end.why});
  std::move(last.begin(), last.end(), std::back_inserter(out));
  return out;
}

} // namespace

store::outcome_report remains_of(const attempt_end& end, const dispatch& task) {
  if (end.why.code != errc::unreadable_response)
    return {};
  return {std::make_shared<const response>(
              response{task.message, task.agent, {}, {}, end.why.detail}),
          end.cost.found.cost};
}

void tell_cost(const attempt_end& end, const dispatch& task,
               const admission::settlement& cost) {
  if (cost.implausible)
    tell(end.context,
         fact::cost_implausible{*end.who.agent, end.who.from, task.session,
                                task.message, *cost.implausible, cost.cost,
                                end.cost.log});
  tell(end.context,
       fact::cost_recorded{*end.who.agent, task.session, task.message, cost});
}

fact::attempt_terms terms_of(const attempt_end& end,
                             const pending_dispatch& x) {
  using fact::dispatch_timer;
  const auto& order = x.order();
  const auto& asked = order.options;
  fact::attempt_terms out{.expired = x.expired,
                          .max_attempts = asked.retry.max_attempts};
  if (end.result && end.result->details)
    out.failed_as = end.result->details->failure;
  if (out.expired == dispatch_timer::none && end.why.code == errc::timeout)
    out.expired = dispatch_timer::attempt;
  switch (out.expired) {
  case dispatch_timer::none:
    break;
  case dispatch_timer::attempt:
    out.allowed = order.timeout;
    out.is_asked = asked.timeout.has_value();
    break;
  case dispatch_timer::queue:
    out.allowed = order.queue_timeout;
    out.is_asked = asked.queue_timeout.has_value();
    break;
  case dispatch_timer::total:
    out.allowed = asked.total_timeout.value_or(order.timeout);
    out.is_asked = true;
    break;
  case dispatch_timer::grace:
    out.allowed = end.context.agent.resume_grace;
    break;
  }
  return out;
}

void tell_failure(const attempt_end& end, const pending_dispatch& x) {
  const auto& task = x.order().task;
  if (end.why.code == errc::cancelled)
    tell_recorded(end.context, fact::dispatch_cancelled{
                                   *end.who.agent, task.session, task.message});
  tell_recorded(end.context,
                fact::dispatch_failed{*end.who.agent, task.session,
                                      task.message, end.why, terms_of(end, x)});
}

failure reason_of(const attempt_end& end) {
  return end.result ? failure{errc::task_failed, end.result->error.value_or("")}
                    : end.why;
}

dispatch_state told_state(const attempt_end& end, const pending_dispatch& x) {
  auto is_completed = end.result && !end.result->error;
  auto state = x.life.state();
  return is_completed || (is_end(state) && state != dispatch_state::completed)
             ? state
             : dispatch_state::failed;
}

void log_end(const attempt_end& end, const pending_dispatch& x,
             const std::optional<admission::settlement>& settled) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  auto is_completed = end.result && !end.result->error;
  if (!x.is_logged && is_completed)
    return;
  auto now = end.context.deadlines.now();
  auto turn =
      x.is_logged ? fact::log_turn{0} : end.context.dispatch_lines->admit(now);
  if (!turn)
    return;
  const auto& order = x.order();
  auto why = is_completed ? failure{} : reason_of(end);
  auto started = x.outcome.started();
  fact::dispatch_ended out{.task = order.task,
                           .traceparent = order.trace.parent,
                           .outcome = told_state(end, x),
                           .attempt = x.life.attempt(),
                           .took = duration_cast<milliseconds>(now - started),
                           .log = turn};
  if (!is_completed)
    out.why = &why;
  if (x.first_sent != time_point{})
    out.queue_wait = duration_cast<milliseconds>(x.first_sent - started);
  if (settled && settled->cost > micro_usd{})
    out.cost = settled->cost;
  tell(end.context, out);
}

store::end_dispatch make_operation(const attempt_end& end,
                                   const pending_dispatch& x) {
  const auto& task = x.order().task;
  store::end_dispatch out;
  out.when = {x.row, x.life.attempt(), store::unfinished};
  out.to = x.life.state();
  if (end.result) {
    out.report = {end.result, end.cost.found.cost};
    if (const auto& error = end.result->error) {
      out.reason = errc::task_failed;
      // For lists, which do not read results.
      out.detail = cut_utf8(*error, max_listed_error);
    }
    out.events = event_of(fact::response_received{
        *end.who.agent, task.session, end.result, end.is_cost_implausible()});
    return out;
  }
  out.reason = end.why.code;
  out.detail = end.why.detail;
  if (!task.agent.empty())
    out.events = events_of_failure(end, task);
  out.report = remains_of(end, task);
  return out;
}

attempt_end superseded(attempt_end end, const store::completion& done) {
  end.result = nullptr;
  end.cost = {};
  end.why = to_failure(done);
  if (done.what == store::outcome::not_stored)
    end.notice = {};
  return end;
}

} // namespace bridgekeeper::actors
