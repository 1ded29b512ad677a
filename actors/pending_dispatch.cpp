#include "actors/pending_dispatch.hpp"

#include "actors/attempt_end.hpp"
#include "actors/dispatch_shelf.hpp"
#include "actors/store_port.hpp"
#include "actors/tell.hpp"
#include "domain/retry_backoff.hpp"
#include "store/dispatches/crash_points.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
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

/// How long the next attempt waits for the agent's rate limit, if that is
/// longer than its backoff; otherwise 0.
std::chrono::milliseconds rate_limit_before_retry(const attempt_end& end,
                                                  const pending_dispatch& x) {
  if (!end.result || !end.result->details)
    return std::chrono::milliseconds{0};
  auto out = rate_limit_of(*end.result->details, wall_clock_now());
  return out > backoff_before(x.life.attempt(), x.order().options.backoff)
             ? out
             : std::chrono::milliseconds{0};
}

fact::attempt_terms terms_of_retry(const attempt_end& end,
                                   const pending_dispatch& x) {
  auto out = terms_of(end, x);
  out.rate_limit = rate_limit_before_retry(end, x);
  return out;
}

fact::dispatch_retried retried(const attempt_end& end, const failure& why,
                               const pending_dispatch& x, timestamp at) {
  const auto& order = x.order();
  return {*end.who.agent,
          order.task.session,
          order.task.message,
          x.life.attempt(),
          why,
          at,
          terms_of_retry(end, x),
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
  return std::max(backoff_before(x.life.attempt(), x.order().options.backoff),
                  rate_limit_before_retry(end, x));
}

/// Whether the next attempt could be made before the dispatch must have ended.
bool is_in_time(const attempt_end& end, const pending_dispatch& x) {
  return end.context.deadlines.now() + pause_before_retry(end, x) < x.end_by;
}

/// Whether the next attempt could be made, and be made in time.
bool may_retry(const attempt_end& end, const pending_dispatch& x) {
  // A daemon without memory cannot leave a retry to the next one.
  if (end.context.draining && !end.context.store)
    return false;
  // A dispatch that only waited for its total timeout would end with that, and
  // nobody would see what has really gone wrong.
  return is_in_time(end, x);
}

/// The next attempt is not made.
void drop_retry(const attempt_end& end, pending_dispatch& x) {
  const auto& order = x.order();
  if (!is_in_time(end, x))
    tell(end.context,
         fact::retry_dropped{
             order.task.message, x.life.attempt(), pause_before_retry(end, x),
             order.options.total_timeout.value_or(order.timeout),
             terms_of_retry(end, x)});
  x.life.on_retry_dropped();
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
    drop_retry(end, x);
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
