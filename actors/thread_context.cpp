#include "actors/thread_context.hpp"

#include "actors/event_journal.hpp"
#include "actors/event_publication.hpp"
#include "actors/log_teller.hpp"
#include "actors/store_port.hpp"
#include "net/error_boundary.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <utility>

namespace bridgekeeper::actors {

namespace {

/// Calls `visit` for each actor on the list. An actor may leave the list during
/// its own visit. An exception of one does not keep the others from being
/// notified.
template <class Visitor>
void for_each_subscriber(thread_context::subscriber_list& list, Visitor visit) {
  for (auto i = list.begin(); i != list.end();) {
    auto& x = *i++;
    net::contain("a notification on an I/O thread", [&] { visit(x); });
  }
}

/// Passes `x` to the journal on this thread. Returns false if it failed before
/// it took the event.
bool hand_to_journal(thread_context& context, const event_draft& x) {
  if (net::contain("the event journal", [&] { context.journal->take(x); }))
    return true;
  // Some followers may have missed the event, and must not be sent later ones
  // before they have caught up at the hub's successor. Until that starts and
  // sets the journal again, events wait.
  context.journal.reset();
  net::contain("the end of the event hub", [&] {
    caf::anon_send_exit(context.core.events,
                        caf::exit_reason::unhandled_exception);
  });
  return x->taken.load(std::memory_order_acquire);
}

} // namespace

std::size_t backlog_weight(const event& x) noexcept {
  return 1 + footprint(x) / 4096;
}

void publish(thread_context& context, event_draft x) {
  if (context.store)
    return context.store->submit(
        store::record_events{.events = {std::move(x)}});
  auto& unheard = context.unheard;
  while (!unheard.empty()
         && unheard.front()->taken.load(std::memory_order_acquire))
    unheard.pop_front();
  // Directly only if no earlier event of this thread is still on its way.
  if (context.journal && unheard.empty() && hand_to_journal(context, x))
    return;
  unheard.push_back(x);
  context.core.event_backlog->fetch_add(backlog_weight(*x),
                                        std::memory_order_relaxed);
  caf::anon_send(context.core.events, publish_atom_v, std::move(x));
}

void replace_core(thread_context& context, core_handles handles) {
  auto hub_died = context.core.events && context.core.events != handles.events;
  context.core = std::move(handles);
  if (hub_died)
    for (auto& x : std::exchange(context.unheard, {}))
      if (!x->taken.load(std::memory_order_acquire))
        publish(context, std::move(x));
  auto tell = [](thread_subscriber& x) { x.on_core_replaced(); };
  for_each_subscriber(context.agents, tell);
  for_each_subscriber(context.clients, tell);
  // This thread may have told a dead dispatcher or registry what it has put on
  // the shelf.
  if (context.core.dispatcher)
    caf::anon_send(context.core.dispatcher, fetch_atom_v, agent_id{});
}

void replace_tokens(thread_context& context,
                    std::shared_ptr<const token_table> tokens) {
  context.tokens = std::move(tokens);
  auto tell = [](thread_subscriber& x) { x.on_tokens_changed(); };
  for_each_subscriber(context.agents, tell);
  for_each_subscriber(context.clients, tell);
}

namespace {

/// The store must know when session spending restarts at 0: otherwise a daemon
/// that is started again would add up all that was ever spent.
void keep_spending_period(thread_context& context) {
  auto spending = context.admissions->costs(context.wall_clock()).session;
  auto before = std::exchange(context.spending_since, spending.since);
  if (before == spending.since)
    return;
  store::upsert_session operation{.id = *context.control_session,
                                  .opened = spending.since};
  if (before)
    operation.spent = spending.spent;
  context.store->submit(std::move(operation));
}

} // namespace

void tick(thread_context& context) {
  for_each_subscriber(context.agents,
                      [](thread_subscriber& x) { x.on_tick(); });
  net::contain("the summary of suppressed audit entries",
               [&] { context.audit.tell_suppressed(context.deadlines.now()); });
  log_left_out(context.log_lines->collect(context.deadlines.now()));
  if (context.journal && context.store)
    net::contain("keeping the spending of a session",
                 [&] { keep_spending_period(context); });
}

thread_census take_census(thread_context& context) {
  thread_census out;
  auto count = [&out](thread_subscriber& x) { x.count_in(out); };
  for_each_subscriber(context.agents, count);
  for_each_subscriber(context.clients, count);
  return out;
}

void begin_draining(thread_context& context) {
  context.draining = true;
  for_each_subscriber(context.agents,
                      [](thread_subscriber& x) { x.on_draining(); });
}

void dismiss(thread_context::subscriber_list& subscribers, errc why) {
  subscribers.dismissed = why;
  for_each_subscriber(subscribers,
                      [why](thread_subscriber& x) { x.on_leave(why); });
}

} // namespace bridgekeeper::actors
