#pragma once

#include "actors/audit_desk.hpp"
#include "actors/interfaces.hpp"
#include "domain/access/attempt_throttle.hpp"
#include "domain/access/token_table.hpp"
#include "domain/admission.hpp"
#include "domain/census.hpp"
#include "domain/control_sessions.hpp"
#include "domain/counters.hpp"
#include "domain/liveness.hpp"
#include "domain/readiness_notes.hpp"
#include "domain/roster.hpp"
#include "net/connection_ledger.hpp"
#include "net/deadline_queue.hpp"
#include "net/failure_quota.hpp"

#include <boost/intrusive/list.hpp>
#include <caf/fwd.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::actors {

/// An actor that lives on an I/O thread and wants the news that concerns all
/// who do. Leaves the list by itself.
class resident
  : public boost::intrusive::list_base_hook<
        boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
  virtual ~resident() = default;

  /// Core actors were replaced; the context has their successors.
  virtual void on_core_replaced() = 0;

  /// The context has other tokens, or one of them has expired: end if what you
  /// were let in with is not good any more.
  virtual void on_tokens_changed() = 0;

  /// The heartbeat monitor's tick.
  virtual void on_tick() {}

  /// The daemon shuts down: end, for this reason.
  virtual void on_leave(errc why) = 0;
};

/// An event hub for those who live on its thread: it takes an event within the
/// call, which costs no message. See `publish`.
class event_taker {
public:
  virtual ~event_taker() = default;

  virtual void take(event_draft x) = 0;

  /// `take` threw an exception, which is the hub's own affair: end soon, so
  /// that a successor takes over.
  virtual void fail() = 0;
};

/// A registry for those who live on its thread: it can be asked within the
/// call, which costs no message.
class agent_directory {
public:
  virtual ~agent_directory() = default;

  /// Who stands under this id, or null.
  [[nodiscard]] virtual const agent_actor*
  find_standing(const agent_id& id) const = 0;
};

/// What an agent goes by.
struct agent_options {
  /// What the registry remembers of agents.
  roster_limits known;
  std::chrono::milliseconds register_timeout{10'000};
  std::size_t max_pending = 1000;
  /// Contents and contexts of pending dispatches. One always fits.
  std::size_t max_pending_bytes = 16 * mebibyte;
  liveness_rule liveness;
  net::websocket_options session;
};

/// How many lines of the log peers without a valid token can cause: 20 a minute
/// for one address, 200 in all, and 20 more that say how many were left out.
inline constexpr net::failure_rule log_line_rule{std::chrono::minutes{1}, 20,
                                                 200, 20};

/// What the actors of one I/O thread share. Only that thread touches it, so
/// there is no lock in it; changes from elsewhere are posted to the thread.
/// Outlives the actors.
struct thread_context {
  /// Residents of one kind.
  struct resident_list
    : boost::intrusive::list<resident,
                             boost::intrusive::constant_time_size<false>> {
    /// Set once they were dismissed: a resident that starts later must leave
    /// for the same reason.
    std::optional<errc> dismissed;
  };

  thread_context(std::size_t thread_index, caf::execution_unit* home_unit,
                 net::deadline_queue& queue)
    : index(thread_index), home(home_unit), deadlines(queue) {}

  thread_context(const thread_context&) = delete;
  thread_context& operator=(const thread_context&) = delete;

  std::size_t index;
  /// Where actors of this thread run; null in tests: CAF's scheduler.
  caf::execution_unit* home;
  net::deadline_queue& deadlines;

  core_handles core;
  /// The registry itself, where it lives on this thread; else null.
  const agent_directory* registry_here = nullptr;
  /// The event hub itself, where it lives on this thread; else null.
  event_taker* hub_here = nullptr;
  /// What this thread published, as far as no hub has taken it yet; oldest
  /// first.
  std::deque<event_draft> unheard;
  /// Agents, and those who ask for them: control sessions and channels.
  resident_list agents;
  resident_list clients;

  agent_options agent;
  /// The session that dispatches over this daemon's control API belong to.
  shared_session control_session;
  std::shared_ptr<const token_table> tokens = std::make_shared<token_table>();
  /// Shared by all threads.
  std::shared_ptr<attempt_throttle> throttle =
      std::make_shared<attempt_throttle>();
  std::shared_ptr<net::connection_ledger> ledger;
  /// Memory for what bridges send before they are registered. Shared by all
  /// threads.
  std::shared_ptr<net::byte_budget> first_frames =
      std::make_shared<net::byte_budget>(32 * mebibyte);
  /// Closed unless the daemon has an audit log.
  audit_desk audit;
  /// Shared by all threads; see `may_log`.
  std::shared_ptr<net::failure_quota> log_lines =
      std::make_shared<net::failure_quota>(log_line_rule);
  /// Shared by all threads; what `/readyz` warns of.
  std::shared_ptr<readiness_notes> notes = std::make_shared<readiness_notes>();
  /// Shared by all threads; asked before a dispatch is begun.
  std::shared_ptr<admission> admissions = std::make_shared<admission>();
  /// Shared by all threads: the sessions that control clients have opened.
  std::shared_ptr<control_sessions> sessions =
      std::make_shared<control_sessions>();
  /// Shared by all threads: what connected agents have announced.
  std::shared_ptr<net::byte_budget> announced =
      std::make_shared<net::byte_budget>(roster_limits{}.max_bytes);
  /// What expiries of tokens are compared with; tests set their own.
  std::function<timestamp()> wall_clock = &wall_clock_now;
  /// Upgrades are refused: the daemon is shutting down.
  bool draining = false;

  counters counts;
  std::shared_ptr<census> people = std::make_shared<census>();
};

/// Sends `x` to the event hub, and to its successor if it dies over it. What
/// the hub throws does not reach the caller.
void publish(thread_context& context, event_draft x);

/// How much an event counts in the hub's backlog: 1 for each 4 KiB of memory it
/// holds on to, so that the backlog is bounded in bytes, too.
[[nodiscard]] std::size_t backlog_weight(const event& x) noexcept;

/// Installs new core handles and tells everybody on the thread.
void replace_core(thread_context& context, core_handles handles);

/// Installs `tokens`, or looks again at those there are when one has expired;
/// who was let in with a token that is not good any more leaves.
void replace_tokens(thread_context& context,
                    std::shared_ptr<const token_table> tokens);

/// Whether a line that a peer at `ip` caused may be logged. To be asked for
/// every line that a peer can cause without a valid token; otherwise it could
/// fill the disk, or push all other lines out. `topic` (`bridge`, `http`) and
/// `reason` are told, with the number of lines left out, when a minute is over.
[[nodiscard]] bool may_log(thread_context& context, const std::string& ip,
                           std::string_view topic, std::string_view reason);

/// Logs how many lines were left out. Any thread.
void log_left_out(const std::vector<net::failure_quota::summary>& list);

/// Passes the heartbeat monitor's tick on to every agent of the thread, to the
/// audit desk, and to the quota of log lines.
void tick(thread_context& context);

/// Makes these leave, and those of the list that have yet to start.
void dismiss(thread_context::resident_list& residents, errc why);

} // namespace bridgekeeper::actors
