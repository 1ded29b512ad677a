#pragma once

#include "actors/audit_sink.hpp"
#include "actors/interfaces.hpp"
#include "actors/local_agents.hpp"
#include "actors/thread_census.hpp"
#include "domain/access/attempt_throttle.hpp"
#include "domain/access/token_table.hpp"
#include "domain/actor_statistics.hpp"
#include "domain/admission.hpp"
#include "domain/control_sessions.hpp"
#include "domain/counters.hpp"
#include "domain/decision_log.hpp"
#include "domain/failure_quota.hpp"
#include "domain/line_budget.hpp"
#include "domain/liveness.hpp"
#include "domain/readiness_notes.hpp"
#include "domain/roster.hpp"
#include "domain/thread_metrics.hpp"
#include "net/connection_ledger.hpp"
#include "net/deadline_queue.hpp"

#include <boost/intrusive/list.hpp>
#include <caf/fwd.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace bridgekeeper::actors {

class dispatch_shelf;
class event_journal;
class store_port;

/// An actor that lives on an I/O thread and gets the notifications that concern
/// all actors there. Its destructor removes it from its list.
class thread_subscriber
  : public boost::intrusive::list_base_hook<
        boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
  virtual ~thread_subscriber() = default;

  /// Core actors were replaced; the context has their successors.
  virtual void on_core_replaced() = 0;

  /// The tokens in the context were replaced, or one has expired: the actor
  /// must end if its own token is no longer valid.
  virtual void on_tokens_changed() = 0;

  /// The heartbeat monitor's tick.
  virtual void on_tick() {}

  /// Adds what this actor has. Called at each request for metrics, so it must
  /// be quick.
  virtual void count_in(thread_census&) const {}

  /// The daemon begins to stop, and waits for dispatches in progress. An actor
  /// that need not wait ends.
  virtual void on_draining() {}

  /// The daemon is shutting down: the actor must end for this reason.
  virtual void on_leave(errc why) = 0;
};

/// The settings of agents.
struct agent_options {
  /// Limits on the agents that the registry remembers.
  roster_limits known;
  std::chrono::milliseconds register_timeout{10'000};
  std::size_t max_pending = 1000;
  /// Maximum size of the contents and contexts of an agent's pending
  /// dispatches. A single dispatch is always accepted.
  std::size_t max_pending_bytes = 16 * mebibyte;
  /// Dispatches that a bridge is sent at a time. Stock bridges work on one and
  /// do not read meanwhile; the others wait in the daemon, where they can be
  /// cancelled, and their timeouts do not run.
  std::size_t slots = 1;
  /// How long a dispatch that timed out or was cancelled keeps its slot: its
  /// bridge does not know, and works on.
  std::chrono::milliseconds slot_hold = std::chrono::minutes{10};
  /// How long a bridge with protocol 1.1 may be away before what it has is
  /// lost: a closed lid.
  std::chrono::milliseconds resume_grace = std::chrono::minutes{10};
  liveness_rule liveness;
  net::websocket_options session;
};

/// Limits the log lines that peers without a valid token can cause: 20 a minute
/// for one address, 200 for all together, and 20 more that say how many were
/// suppressed.
inline constexpr failure_rule log_line_rule{std::chrono::minutes{1}, 20, 200,
                                            20};

/// The state shared by the actors of one I/O thread. Only that thread accesses
/// it, so it needs no lock; other threads post their changes to that thread.
/// Outlives the actors.
struct thread_context {
  /// The actors of one kind that get notifications.
  struct subscriber_list
    : boost::intrusive::list<thread_subscriber,
                             boost::intrusive::constant_time_size<false>> {
    /// Set once the actors on the list were told to leave; an actor that starts
    /// later must leave for the same reason.
    std::optional<errc> dismissed;
  };

  thread_context(std::size_t thread_index, caf::execution_unit* home_unit,
                 net::deadline_queue& queue, dispatch_board::poster post)
    : index(thread_index), home(home_unit), deadlines(queue),
      board(std::move(post)) {}

  thread_context(const thread_context&) = delete;
  thread_context& operator=(const thread_context&) = delete;

  std::size_t index;
  /// The home of the actors of this thread; null in tests: CAF's scheduler.
  caf::execution_unit* home;
  net::deadline_queue& deadlines;

  /// The dispatches that requesters on this thread watch.
  dispatch_board board;
  /// The boards of all threads, by index. Call only `post` on these.
  std::vector<dispatch_board*> boards;

  /// Null if the daemon keeps everything in memory (`store.durability =
  /// "none"`).
  std::shared_ptr<store_port> store;

  /// Shared by all threads; the dispatches that wait for absent agents.
  std::shared_ptr<dispatch_shelf> shelf;

  core_handles core;
  /// The registered agents of this thread. Requesters on the same thread may
  /// send them dispatch requests directly.
  local_agents local;
  /// Null unless the core actors live on this thread.
  std::shared_ptr<event_journal> journal;
  /// Events published on this thread that the journal has not taken yet, oldest
  /// first.
  std::deque<event_draft> unheard;
  /// The agents of this thread, and its control sessions and control channels.
  subscriber_list agents;
  subscriber_list clients;

  agent_options agent;
  /// The session of all dispatches over this daemon's control API.
  shared_session control_session;
  std::shared_ptr<const token_table> tokens = std::make_shared<token_table>();
  /// Shared by all threads.
  std::shared_ptr<attempt_throttle> throttle =
      std::make_shared<attempt_throttle>();
  std::shared_ptr<net::connection_ledger> ledger;
  /// Memory for frames that bridges send before they have registered. Shared by
  /// all threads.
  std::shared_ptr<net::byte_budget> first_frames =
      std::make_shared<net::byte_budget>(default_first_frame_bytes);
  /// Closed unless the daemon has an audit log.
  audit_sink audit;
  /// Shared by all threads; what explanations are made of.
  std::shared_ptr<decision_log> decisions = std::make_shared<decision_log>();
  /// Shared by all threads; see `may_log`.
  std::shared_ptr<failure_quota> log_lines =
      std::make_shared<failure_quota>(log_line_rule);
  /// Shared by all threads; limits the lines about accepted, refused and failed
  /// dispatches.
  std::shared_ptr<line_budget> dispatch_lines =
      std::make_shared<line_budget>(0);
  /// Shared by all threads; the warnings of `/readyz`.
  std::shared_ptr<readiness_notes> notes = std::make_shared<readiness_notes>();
  /// Shared by all threads; consulted before a dispatch starts.
  std::shared_ptr<admission> admissions =
      std::make_shared<admission>(admission_limits::none());
  /// Shared by all threads; the sessions that control clients have opened.
  std::shared_ptr<control_sessions> sessions =
      std::make_shared<control_sessions>();
  /// Shared by all threads; memory for the announcements of connected agents.
  std::shared_ptr<net::byte_budget> announced =
      std::make_shared<net::byte_budget>(roster_limits{}.max_bytes);
  /// When the period began for which the store counts the session's spending;
  /// used by `tick` on the thread of the core actors.
  std::optional<timestamp> spending_since;
  /// The clock for the expiry of tokens; tests set their own.
  std::function<timestamp()> wall_clock = &wall_clock_now;
  /// The daemon is shutting down and refuses upgrades.
  bool draining = false;

  counters counts;
  thread_metrics metrics;
  std::shared_ptr<actor_statistics> actor_stats =
      std::make_shared<actor_statistics>();
};

/// Hands `x` to the event journal: directly if it is on this thread, otherwise
/// through the event hub, and again through the hub's successor if the journal
/// has not taken it by then. If the daemon has a store, `x` goes there first,
/// and to the journal once it is on record: see `store_deliveries`. Exceptions
/// of the journal do not reach the caller.
void publish(thread_context& context, event_draft x);

/// The weight of an event in the hub's backlog: 1, plus 1 for each 4 KiB of
/// memory, so that the backlog is bounded in bytes as well.
[[nodiscard]] std::size_t backlog_weight(const event& x) noexcept;

/// Installs new core handles and notifies the actors on the thread's lists.
void replace_core(thread_context& context, core_handles handles);

/// Installs `tokens`, which may be the present ones if one of them has expired.
/// Actors whose token is no longer valid end.
void replace_tokens(thread_context& context,
                    std::shared_ptr<const token_table> tokens);

/// Passes the heartbeat monitor's tick on to every agent of the thread, to
/// `audit`, and to `log_lines`. On the thread of the core actors, also lets the
/// store know when the session's spending has restarted at 0.
void tick(thread_context& context);

/// Counts what the actors of the thread have.
[[nodiscard]] thread_census take_census(thread_context& context);

/// The daemon begins to stop: no new work is accepted, and agents whose bridges
/// go on by themselves leave.
void begin_draining(thread_context& context);

/// Tells the actors on the list to leave, including those that start later.
void dismiss(thread_context::subscriber_list& subscribers, errc why);

} // namespace bridgekeeper::actors
