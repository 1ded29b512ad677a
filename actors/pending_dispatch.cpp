#include "actors/pending_dispatch.hpp"

#include "actors/dispatch_shelf.hpp"
#include "actors/store_port.hpp"
#include "actors/tell.hpp"
#include "domain/utf8.hpp"
#include "store/dispatches/crash_points.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

namespace bridgekeeper::actors {

message_id wire_id_of(const message_id& id, std::uint16_t attempt) {
  return attempt == 1 ? id
                      : message_id{id.str() + "." + std::to_string(attempt)};
}

std::pair<message_id, std::uint16_t> split_wire_id(const message_id& x) {
  const auto& text = x.str();
  auto dot = text.rfind('.');
  std::uint16_t attempt = 0;
  if (dot != std::string::npos)
    std::from_chars(text.data() + dot + 1, text.data() + text.size(), attempt);
  auto out = std::pair{message_id{text.substr(0, dot)}, attempt};
  // Only what `wire_id_of` has made is split.
  return attempt >= 2 && wire_id_of(out.first, attempt) == x
             ? out
             : std::pair{x, std::uint16_t{1}};
}

message_id pending_dispatch::wire_id() const {
  return wire_id_of(order().task.message, life.attempt());
}

waiting_terms pending_dispatch::terms() const {
  const auto& x = order();
  return {x.task.message,
          x.options.priority,
          x.task.session->str() + ' ' + x.from.token,
          not_before,
          std::min(start_by, end_by),
          footprint(x)};
}

pending_dispatch make_pending(thread_context& context,
                              const dispatch_order_ptr& order,
                              admission::reservation cost, timestamp wall) {
  auto now = context.deadlines.now();
  pending_dispatch out{dispatch_life{order->options.retry},
                       {context, order, now, wall},
                       std::move(cost)};
  out.start_by = now + order->queue_timeout;
  if (order->options.total_timeout)
    out.end_by = now + *order->options.total_timeout;
  return out;
}

void link_notice::send() const {
  auto open = link.lock();
  if (!open || frame.empty())
    return;
  if (metrics != nullptr)
    metrics->sent.count(kind, frame.size());
  open->send(frame);
}

std::size_t footprint(const dispatch_order& x) noexcept {
  return x.task.content.size() + x.task.context.str().size();
}

namespace {

/// The longest time between two attempts.
constexpr std::chrono::milliseconds longest_backoff = std::chrono::hours{1};

/// The part of an agent's error that lists of dispatches show, in bytes.
constexpr std::size_t max_listed_error = 500;

/// How long the next attempt waits.
std::chrono::milliseconds backoff_before(std::uint16_t attempt,
                                         const dispatch_order& order) {
  auto out = order.options.backoff;
  for (auto i = 2; i < attempt && out < longest_backoff; ++i)
    out *= 2;
  // A longer time is only used if it was asked for.
  return std::min(out, std::max(longest_backoff, order.options.backoff));
}

/// A rate limit is not waited for longer than this. Those of providers start
/// again after a week at the latest.
constexpr std::chrono::milliseconds longest_rate_limit =
    std::chrono::hours{24 * 7};

/// A rate limit of unknown length is waited for so long. An attempt that is
/// made at once would only meet the same limit.
constexpr std::chrono::milliseconds usual_rate_limit = std::chrono::seconds{30};

/// How long the agent's rate limit lasts from `now`, as far as its bridge says;
/// 0 if there is none.
std::chrono::milliseconds rate_limit_of(const response_details& x,
                                        timestamp now) {
  if (x.failure != failure_class::rate_limited)
    return std::chrono::milliseconds{0};
  if (!x.retry_at)
    return usual_rate_limit;
  if (*x.retry_at <= now)
    return std::chrono::milliseconds{0};
  return std::min(
      longest_rate_limit,
      std::chrono::ceil<std::chrono::milliseconds>(*x.retry_at - now));
}

/// What is told about the end of an attempt.
struct attempt_end {
  thread_context& context;
  bridge_identity who;
  /// Null if the attempt has ended without a usable response.
  std::shared_ptr<const response> result;
  failure why;
  reported_cost cost;
  link_notice notice;

  [[nodiscard]] bool is_cost_implausible() const noexcept {
    return cost.found.implausible.has_value();
  }
};

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

/// The events of the same.
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

/// What is left of a response that cannot be used: its cost counts.
store::outcome_report remains_of(const attempt_end& end, const dispatch& task) {
  if (end.why.code != errc::unreadable_response)
    return {};
  return {std::make_shared<const response>(
              response{task.message, task.agent, {}, {}, end.why.detail}),
          end.cost.found.cost};
}

failure reason_of(const attempt_end& end) {
  return end.result ? failure{errc::task_failed, end.result->error.value_or("")}
                    : end.why;
}

/// How the dispatch has ended. If its end could not be recorded, its life does
/// not say so.
dispatch_state told_state(const attempt_end& end, const pending_dispatch& x) {
  auto is_completed = end.result && !end.result->error;
  auto state = x.life.state();
  return is_completed || (is_end(state) && state != dispatch_state::completed)
             ? state
             : dispatch_state::failed;
}

/// Logs the end if the acceptance was logged. Failures are logged in any case,
/// as far as there is room for them.
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

/// The end is on record, or need not be: lets everyone know.
void finish(const attempt_end& end, pending_dispatch& x) {
  const auto& task = x.order().task;
  end.context.shelf->forget_cancelled(task.message);
  end.context.metrics.count_end(told_state(end, x));
  if (std::exchange(x.is_waiting, false))
    ++end.context.counts.waits_ended;
  // Release the money before the outcome, so that a retry can use it.
  auto settled = x.cost.settle(task.agent, end.cost.found, wall_clock_now());
  // The event first, so that a requester that asks for the record finds it. But
  // events belong to an agent.
  if (task.agent.empty())
    ++end.context.counts.failed_dispatches;
  else if (end.result)
    tell_recorded(end.context, fact::response_received{
                                   *end.who.agent, task.session, end.result,
                                   end.is_cost_implausible()});
  else
    tell_failure(end, x);
  if (settled)
    tell_cost(end, task, *settled);
  log_end(end, x, settled);
  if (end.result)
    x.outcome.settle(end.result);
  else
    x.outcome.settle(end.why);
  end.notice.send();
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

/// What is told instead of an end that is not on record. A result that the
/// store does not have is not acknowledged, so its bridge keeps it.
attempt_end superseded(attempt_end end, const store::completion& done) {
  end.result = nullptr;
  end.cost = {};
  end.why = to_failure(done);
  if (done.what == store::outcome::not_stored)
    end.notice = {};
  return end;
}

void conclude(attempt_end end, pending_dispatch x) {
  auto* store = end.context.store.get();
  if (store == nullptr)
    return finish(end, x);
  auto operation = make_operation(end, x);
  auto held = std::make_shared<pending_dispatch>(std::move(x));
  store->submit(
      std::move(operation),
      [end = std::move(end), held](const store::completion& done) {
        // The final answer follows; until then the outcome is open.
        if (done.what == store::outcome::unknown)
          return;
        if (done.what == store::outcome::applied)
          return finish(end, *held);
        // What is told must be what is on record.
        finish(superseded(end, done), *held);
      },
      held->order().options.level);
}

// -- retries ------------------------------------------------------------------

fact::dispatch_retried retried(const attempt_end& end, const failure& why,
                               const pending_dispatch& x, timestamp at) {
  const auto& order = x.order();
  return {*end.who.agent,
          order.task.session,
          order.task.message,
          x.life.attempt(),
          why,
          at,
          terms_of(end, x),
          order.trace.parent};
}

/// The retry is on record, or need not be.
void try_again(const attempt_end& end, pending_dispatch x, timestamp at) {
  const auto& task = x.order().task;
  auto settled = x.cost.settle(task.agent, end.cost.found, wall_clock_now());
  auto why = reason_of(end);
  // Its bridge was awaited; now it waits for its next attempt.
  if (std::exchange(x.is_waiting, false))
    ++end.context.counts.waits_ended;
  tell_recorded(end.context, retried(end, why, x, at));
  if (settled)
    tell_cost(end, task, *settled);
  x.is_waiting = true;
  end.notice.send();
  shelve(end.context, {end.who, std::move(x)});
}

/// How long the next attempt, which is that of `x.life`, waits.
std::chrono::milliseconds pause_before_retry(const attempt_end& end,
                                             const pending_dispatch& x) {
  auto out = backoff_before(x.life.attempt(), x.order());
  if (end.result && end.result->details)
    out = std::max(out, rate_limit_of(*end.result->details, wall_clock_now()));
  return out;
}

/// Whether the next attempt could be made, and be made in time.
bool may_retry(const attempt_end& end, const pending_dispatch& x) {
  // A daemon without memory cannot leave a retry to the next one.
  if (end.context.draining && !end.context.store)
    return false;
  // A dispatch that only waited for its total timeout would end with that, and
  // nobody would see what has really gone wrong.
  return end.context.deadlines.now() + pause_before_retry(end, x) < x.end_by;
}

bool lacks_session(const attempt_end& end) {
  return end.result && end.result->details
         && end.result->details->failure == failure_class::no_session;
}

void retry(attempt_end end, pending_dispatch x) {
  x.is_session_gone = x.is_session_gone || lacks_session(end);
  auto pause = pause_before_retry(end, x);
  x.not_before = end.context.deadlines.now() + pause;
  x.start_by = x.not_before + x.order().queue_timeout;
  x.attempt_due = time_point::max();
  auto at = wall_clock_now() + pause;
  auto* store = end.context.store.get();
  if (store == nullptr)
    return try_again(end, std::move(x), at);
  auto why = reason_of(end);
  store::retry_dispatch operation;
  auto failed = static_cast<std::uint16_t>(x.life.attempt() - 1);
  operation.when = {x.row, failed, store::unfinished};
  operation.reason = why.code;
  operation.detail = why.detail;
  operation.not_before = at;
  operation.report =
      end.result ? store::outcome_report{end.result, end.cost.found.cost}
                 : remains_of(end, x.order().task);
  operation.events = event_of(retried(end, why, x, at));
  auto held = std::make_shared<pending_dispatch>(std::move(x));
  store->submit(
      std::move(operation),
      [end = std::move(end), held, at](const store::completion& done) {
        if (done.what == store::outcome::unknown)
          return;
        if (done.what == store::outcome::applied) {
          store::crash_point("before_retry");
          return try_again(end, std::move(*held), at);
        }
        finish(superseded(end, done), *held);
      },
      held->order().options.level);
}

void end_attempt(attempt_end end, pending_dispatch x) {
  auto is_retried =
      x.life.state() == dispatch_state::queued && x.life.attempt() > 1;
  if (is_retried && may_retry(end, x))
    return retry(std::move(end), std::move(x));
  if (is_retried)
    x.life.on_retry_dropped();
  if (!is_end(x.life.state())) {
    x.life.on_unsent(x.life.sent_to());
    x.life.on_agent_gone(end.why.code);
  }
  conclude(std::move(end), std::move(x));
}

} // namespace

void end_with_response(thread_context& context, bridge_identity who,
                       pending_dispatch x,
                       std::shared_ptr<const response> result,
                       const reported_cost& cost, link_notice notice) {
  end_attempt(
      {context, std::move(who), std::move(result), {}, cost, std::move(notice)},
      std::move(x));
}

void end_without_response(thread_context& context, bridge_identity who,
                          pending_dispatch x, failure why, link_notice notice) {
  end_attempt(
      {context, std::move(who), nullptr, std::move(why), {}, std::move(notice)},
      std::move(x));
}

void end_with_unreadable_response(thread_context& context, bridge_identity who,
                                  pending_dispatch x, failure why,
                                  const reported_cost& cost,
                                  link_notice notice) {
  end_attempt({context, std::move(who), nullptr, std::move(why), cost,
               std::move(notice)},
              std::move(x));
}

void end_cancelled(thread_context& context, bridge_identity who,
                   pending_dispatch x, link_notice notice) {
  x.life.on_cancel();
  end_without_response(context, std::move(who), std::move(x),
                       {errc::cancelled, {}}, std::move(notice));
}

void end_overdue(thread_context& context, bridge_identity who,
                 pending_dispatch x, link_notice notice) {
  auto is_total = x.end_by <= context.deadlines.now();
  is_total ? x.life.on_total_timeout() : x.life.on_queue_timeout();
  x.expired =
      is_total ? fact::dispatch_timer::total : fact::dispatch_timer::queue;
  failure why{errc::timeout, is_total ? "The dispatch was not completed within "
                                        "its total timeout"
                                      : "The dispatch was not sent within its "
                                        "queue timeout"};
  end_without_response(context, std::move(who), std::move(x), std::move(why),
                       std::move(notice));
}

} // namespace bridgekeeper::actors
