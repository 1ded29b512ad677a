#pragma once

#include "actors/owed_outcome.hpp"
#include "actors/thread_context.hpp"
#include "domain/admission.hpp"
#include "domain/dispatch_life.hpp"
#include "domain/dispatch_queue.hpp"
#include "domain/facts.hpp"
#include "domain/usage_cost.hpp"
#include "net/websocket_session.hpp"
#include "store/dispatches/operations.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace bridgekeeper::actors {

/// An accepted dispatch that has not ended: it waits, its frame is about to be
/// sent, or its bridge has it. The holder of this object owns it.
struct pending_dispatch {
  dispatch_life life;
  owed_outcome outcome;
  /// Money reserved until the attempt ends. The next attempt reserves some when
  /// it starts.
  admission::reservation cost;
  /// Its row, if the daemon has a store.
  store::dispatch_number row{};
  /// Must be sent by then.
  time_point start_by = time_point::max();
  /// Must have ended by then.
  time_point end_by = time_point::max();
  /// A retry is not sent earlier.
  time_point not_before{};
  /// When the current attempt times out, once it was sent.
  time_point attempt_due = time_point::max();
  /// The timer that has ended it or its last attempt, unless that is the
  /// attempt's own.
  fact::dispatch_timer expired = fact::dispatch_timer::none;
  /// When the frame of the current attempt was sent; unset for one that an
  /// earlier daemon has sent.
  time_point sent_at{};
  /// It waits, or its start is being recorded.
  bool is_waiting = false;
  /// An attempt has failed because the agent no longer has the session that it
  /// should continue. Later attempts begin a new one.
  bool is_session_gone = false;
  /// It was accepted without an agent, and has not been sent to one yet.
  bool is_unassigned = false;
  /// Its acceptance was logged, so its end is logged, too.
  bool is_logged = true;
  /// When its first attempt was sent; the epoch if it never was.
  time_point first_sent{};

  [[nodiscard]] const dispatch_order& order() const noexcept {
    return outcome.order();
  }

  /// The id that the bridge knows the current attempt by. Each attempt has its
  /// own, so that a late response cannot end the next one.
  [[nodiscard]] message_id wire_id() const;

  /// Whether it waits for an agent that is not connected.
  [[nodiscard]] bool waits_for_agent() const noexcept {
    return order().options.queue_timeout || life.attempt() > 1;
  }

  [[nodiscard]] waiting_terms terms() const;
};

/// The wire id of an attempt.
[[nodiscard]] message_id wire_id_of(const message_id& id,
                                    std::uint16_t attempt);

/// The dispatch and the attempt that a wire id belongs to.
[[nodiscard]] std::pair<message_id, std::uint16_t>
split_wire_id(const message_id& x);

/// A new dispatch, accepted now.
[[nodiscard]] pending_dispatch make_pending(thread_context& context,
                                            const dispatch_order_ptr& order,
                                            admission::reservation cost,
                                            timestamp wall);

/// Memory use of the texts of a pending dispatch.
[[nodiscard]] std::size_t footprint(const dispatch_order& x) noexcept;

/// The bridge that a dispatch was sent to, or is meant for.
struct bridge_identity {
  announcement_ptr agent;
  origin from;
};

/// What the bridge of a link with protocol 1.1 is told once the end of an
/// attempt is on record. Does nothing if the link has ended by then.
struct link_notice {
  std::weak_ptr<net::websocket_session> link;
  std::string frame;
  /// Where the frame is counted if it is sent. Outlives all dispatches.
  frame_kind kind = frame_kind::ack;
  thread_metrics* metrics = nullptr;

  void send() const;
};

// How attempts end, and mostly the dispatch with them. The end is recorded
// first, if the daemon has a store; then it is told, its cost settled, and the
// outcome passed on. If `x.life` says that the dispatch is queued again, it
// goes to the shelf for its next attempt. By then the agent may have ended.
// Called on the thread of `context`, which must outlive all dispatches.

/// What a dispatch has cost, and whether to log that the cost is implausible.
struct reported_cost {
  usage_cost found;
  fact::log_turn log;
};

/// The bridge has responded, as `x.life` knows.
void end_with_response(thread_context& context, bridge_identity who,
                       pending_dispatch x,
                       std::shared_ptr<const response> result,
                       const reported_cost& cost, link_notice notice = {});

/// The attempt has ended for the reason `why`, as `x.life` knows.
void end_without_response(thread_context& context, bridge_identity who,
                          pending_dispatch x, failure why,
                          link_notice notice = {});

/// The bridge has sent a response that cannot be used, with this cost.
void end_with_unreadable_response(thread_context& context, bridge_identity who,
                                  pending_dispatch x, failure why,
                                  const reported_cost& cost,
                                  link_notice notice = {});

/// Someone has cancelled the dispatch: ends it.
void end_cancelled(thread_context& context, bridge_identity who,
                   pending_dispatch x, link_notice notice = {});

/// The dispatch has waited for too long, or its total time is over: ends it.
void end_overdue(thread_context& context, bridge_identity who,
                 pending_dispatch x, link_notice notice = {});

} // namespace bridgekeeper::actors
