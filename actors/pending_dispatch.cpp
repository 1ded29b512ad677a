#include "actors/pending_dispatch.hpp"

#include "actors/store_port.hpp"
#include "actors/tell.hpp"

#include <optional>
#include <utility>

namespace bridgekeeper::actors {

namespace {

/// What is told about the end of a dispatch.
struct dispatch_end {
  thread_context& context;
  bridge_identity who;
  /// Null if the dispatch has ended without a usable response.
  std::shared_ptr<const response> result;
  failure why;
  reported_cost cost;

  [[nodiscard]] bool is_cost_implausible() const noexcept {
    return cost.found.implausible.has_value();
  }
};

void tell_cost(const dispatch_end& end, const dispatch& task,
               const admission::settlement& cost) {
  if (cost.implausible)
    tell(end.context,
         fact::cost_implausible{*end.who.agent, end.who.from, task.session,
                                task.message, *cost.implausible, cost.cost,
                                end.cost.log});
  tell(end.context,
       fact::cost_recorded{*end.who.agent, task.session, task.message, cost});
}

/// The end is on record, or need not be: lets everyone know.
void finish(const dispatch_end& end, pending_dispatch& x) {
  const auto& task = x.order().task;
  // Release the money before the outcome, so that a retry can use it.
  auto settled = x.cost.settle(task.agent, end.cost.found, wall_clock_now());
  // The event first, so that a requester that asks for the record finds it.
  if (end.result)
    tell_recorded(end.context, fact::response_received{
                                   *end.who.agent, task.session, end.result,
                                   end.is_cost_implausible()});
  else
    tell_recorded(end.context,
                  fact::dispatch_failed{*end.who.agent, task.session,
                                        task.message, end.why});
  if (settled)
    tell_cost(end, task, *settled);
  if (end.result)
    x.outcome.settle(end.result);
  else
    x.outcome.settle(end.why);
}

store::end_dispatch make_operation(const dispatch_end& end,
                                   const pending_dispatch& x) {
  const auto& task = x.order().task;
  store::end_dispatch out;
  out.when = {x.row, x.life.attempt(), store::on_link};
  out.to = x.life.state();
  if (end.result) {
    out.report = {end.result, end.cost.found.cost};
    if (end.result->error)
      out.reason = errc::task_failed;
    out.events = event_of(fact::response_received{
        *end.who.agent, task.session, end.result, end.is_cost_implausible()});
    return out;
  }
  out.reason = end.why.code;
  out.detail = end.why.detail;
  out.events = event_of(fact::dispatch_failed{*end.who.agent, task.session,
                                              task.message, end.why});
  if (end.why.code == errc::unreadable_response)
    // What is left of the response: its cost counts.
    out.report = {std::make_shared<const response>(response{
                      task.message, task.agent, {}, {}, end.why.detail}),
                  end.cost.found.cost};
  return out;
}

void conclude(dispatch_end end, pending_dispatch x) {
  auto* store = end.context.store.get();
  if (store == nullptr)
    return finish(end, x);
  auto operation = make_operation(end, x);
  auto held = std::make_shared<pending_dispatch>(std::move(x));
  store->submit(std::move(operation),
                [end = std::move(end), held](const store::completion& done) {
                  // The final answer follows; until then the outcome is open.
                  if (done.what == store::outcome::unknown)
                    return;
                  if (done.what == store::outcome::applied)
                    return finish(end, *held);
                  // What is told must be what is on record.
                  auto lost = end;
                  lost.result = nullptr;
                  lost.cost = {};
                  lost.why = to_failure(done);
                  finish(lost, *held);
                });
}

} // namespace

void end_with_response(thread_context& context, bridge_identity who,
                       pending_dispatch x,
                       std::shared_ptr<const response> result,
                       const reported_cost& cost) {
  conclude({context, std::move(who), std::move(result), {}, cost},
           std::move(x));
}

void end_without_response(thread_context& context, bridge_identity who,
                          pending_dispatch x, failure why) {
  conclude({context, std::move(who), nullptr, std::move(why), {}},
           std::move(x));
}

void end_with_unreadable_response(thread_context& context, bridge_identity who,
                                  pending_dispatch x, failure why,
                                  const reported_cost& cost) {
  conclude({context, std::move(who), nullptr, std::move(why), cost},
           std::move(x));
}

} // namespace bridgekeeper::actors
