#include "app/daemon/dispatch_recovery.hpp"

#include "actors/dispatch_shelf.hpp"
#include "actors/pending_dispatch.hpp"
#include "actors/store_port.hpp"
#include "domain/explaining_ends.hpp"
#include "protocol/dispatch_options_codec.hpp"
#include "protocol/trace_json.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace bridgekeeper::app {

using actors::dispatch_order;
using actors::pending_dispatch;
using std::chrono::milliseconds;

namespace {

/// How long a dispatch that waited for a connected agent waits for its return.
constexpr std::chrono::minutes grace{10};

dispatch_order make_order(const store::unfinished_dispatch& x,
                          milliseconds default_timeout) {
  const auto& row = x.row;
  dispatch_order out;
  out.task.message = row.id;
  out.task.agent = row.agent;
  out.task.content = x.content;
  if (!x.context.empty())
    out.task.context = json_object{x.context};
  out.task.session = share(row.session);
  out.followup_to = row.followup_to;
  if (auto options = protocol::decode_options(x.options))
    out.options = *options;
  out.require = protocol::decode_required(x.options);
  out.agent_session_id = protocol::decode_agent_session(x.options);
  out.timeout = out.options.timeout.value_or(default_timeout);
  out.queue_timeout = out.options.queue_timeout.value_or(default_timeout);
  out.from.ip = row.from_ip;
  out.from.token = row.from_token;
  out.trace = protocol::trace_of(out.task.context);
  return out;
}

announcement_ptr describe(const store::dispatch_row& x) {
  auto out = std::make_shared<announcement>();
  out->agent = x.agent;
  out->session = share(x.session);
  out->instance = instance_id{x.instance};
  return out;
}

/// A time of the calendar on the clock of the deadlines.
class clock_bridge {
public:
  explicit clock_bridge(time_point now) : now_(now) {}

  [[nodiscard]] time_point to_steady(std::optional<timestamp> x,
                                     time_point otherwise) const {
    return x ? now_ + (*x - wall_) : otherwise;
  }

private:
  time_point now_;
  timestamp wall_ = wall_clock_now();
};

/// Whether its bridge may still have it, and come back.
bool is_awaited(const store::dispatch_row& x) {
  return x.state != dispatch_state::queued && !x.instance.empty();
}

/// A retry that waits reserves money when it starts.
admission::reservation reserve(api::thread_context& context,
                               const store::dispatch_row& x) {
  if (x.state == dispatch_state::queued && x.attempt > 1)
    return {};
  return context.admissions->reserve_again(x.agent);
}

pending_dispatch make_pending(api::thread_context& context,
                              const store::unfinished_dispatch& x) {
  const auto& row = x.row;
  auto order = std::make_shared<const dispatch_order>(
      make_order(x, context.control.default_timeout));
  auto now = context.deadlines.now();
  clock_bridge clock{now};
  pending_dispatch out{
      dispatch_life{
          order->options.retry,
          {row.state, row.attempt, row.link, is_awaited(row), row.reason}},
      {context, order, clock.to_steady(row.created, now), row.created},
      reserve(context, row),
      row.number};
  // An earlier daemon logged its start. There may be thousands, so the line
  // about its end needs room as if it started now.
  out.is_logged = context.dispatch_lines->admit(now).has_value();
  out.start_by = row.attempt > 1
                     ? clock.to_steady(row.retry_at, now) + order->queue_timeout
                     : clock.to_steady(row.start_by, time_point::max());
  if (auto total = order->options.total_timeout)
    out.end_by = clock.to_steady(row.created + *total, now);
  out.not_before = clock.to_steady(row.retry_at, {});
  out.is_session_gone = row.failure == failure_class::no_session;
  out.attempt_due = clock.to_steady(row.deadline, time_point::max());
  return out;
}

} // namespace

void recover(api::thread_context& context, const store::unfinished_dispatch& x,
             announcement_ptr agent) {
  actors::bridge_identity who{agent ? std::move(agent) : describe(x.row),
                              {x.row.from_ip, x.row.from_token}};
  auto entry = make_pending(context, x);
  ++context.counts.dispatches;
  if (x.row.state == dispatch_state::queued) {
    entry.is_waiting = true;
    ++context.counts.waits_begun;
    actors::waiting_dispatch waiting{std::move(who), std::move(entry)};
    if (!waiting.entry.waits_for_agent())
      waiting.lost_by = context.deadlines.now() + grace;
    return shelve(context, std::move(waiting));
  }
  if (entry.life.is_awaited()) {
    entry.is_waiting = true;
    ++context.counts.waits_begun;
    const auto& limit = context.agent.resume_grace;
    auto grace_ends = context.deadlines.now() + limit;
    if (context.store)
      context.store->submit(store::await_bridge{
          x.row.number, x.row.attempt, x.row.link, wall_clock_now() + limit});
    // Only this record names the process of the bridge that has the dispatch;
    // the agent may have registered with another process since.
    who.agent = describe(x.row);
    return shelve(context, {std::move(who), std::move(entry), grace_ends});
  }
  failure why{errc::agent_lost, std::string{daemon_was_restarted}};
  entry.life.on_lost(x.row.link, why.code);
  end_without_response(context, std::move(who), std::move(entry),
                       std::move(why));
}

} // namespace bridgekeeper::app
