#pragma once

#include "actors/interfaces.hpp"
#include "domain/admission.hpp"
#include "net/deadline_queue.hpp"
#include "net/failure_quota.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace bridgekeeper::actors {

/// Counts the entries on their way to the audit trail and bounds how many are
/// waiting. Shared by all threads and by successive trails. Thread-safe.
class audit_backlog {
public:
  explicit audit_backlog(std::size_t most_waiting = 10'000)
    : limit(most_waiting) {}

  /// Sends entries to `trail` from now on; null: entries are lost until there
  /// is a trail again. Call this only after the previous trail has ended: the
  /// entries that were waiting for it are counted as lost.
  void lead_to(audit_trail_actor trail);

  /// Sends an entry to the trail, or counts it as dropped or lost.
  void hand_in(audit_entry_ptr x);

  /// The current trail, or null.
  [[nodiscard]] audit_trail_actor trail() const;

  /// Whether entries are currently being lost, because there is no trail or its
  /// file cannot be written.
  [[nodiscard]] bool is_losing() const {
    return is_failing || !trail();
  }

  /// Maximum number of waiting entries, of a few hundred bytes each.
  const std::size_t limit;
  std::atomic<std::size_t> waiting{0};
  /// Entries dropped because the limit was reached, since the trail last
  /// reported any.
  std::atomic<std::uint64_t> dropped{0};
  /// Entries that were lost with a trail or while there was none.
  std::atomic<std::uint64_t> lost{0};
  /// The trail could not write its last entry.
  std::atomic<bool> is_failing{false};
  /// Decides which authentication failures get an entry of their own.
  net::failure_quota refusals;

private:
  mutable std::mutex mutex_;
  audit_trail_actor trail_;
};

/// The interfaces at which a token is required.
enum class audit_gate : std::uint8_t { http, control_socket, bridge, console };

enum class audit_level : std::uint8_t { everything, failures };

/// The HTTP request that an entry is about; empty for other entries. The path
/// excludes the query.
struct audited_request {
  std::string_view method = {};
  std::string_view path = {};
};

/// The interface through which actors audit events, with one function for each
/// event: those of the contract (section 5) and our own. Each I/O thread has
/// one in its context; copies send to the same trail. If default-constructed,
/// it is closed, and each call costs only a comparison. Never blocks. If the
/// trail is behind, entries are counted instead of queued, and the trail audits
/// the count.
class audit_sink {
public:
  audit_sink() = default;

  audit_sink(std::shared_ptr<audit_backlog> backlog, audit_level level)
    : backlog_(std::move(backlog)), level_(level) {}

  /// Whether entries are currently being lost; always false if nothing is
  /// audited.
  [[nodiscard]] bool is_losing() const {
    return backlog_ && backlog_->is_losing();
  }

  // -- authentication and connections -----------------------------------------

  /// A token was accepted. Not called for polls, which would push evidence out
  /// of the log: see `counters::polls`.
  void auth_success(audit_gate where, const origin& who,
                    audited_request what = {}) const;
  /// A bridge's token was accepted, and its agent is known.
  void auth_success(const announcement& agent, const origin& who) const;

  /// Authentication failed. `claimed` is the agent id that a bridge claimed.
  /// Per address, a few entries a minute are written; the rest are counted.
  void auth_failure(audit_gate where, errc why, const origin& who,
                    time_point now, const agent_id& claimed = {},
                    audited_request what = {}) const;

  /// Writes the number of suppressed failures once their minute has ended. Any
  /// number of threads may call this; one of them should do so every few
  /// seconds.
  void tell_suppressed(time_point now) const;

  /// The same, but includes the current minute. Call this before stopping the
  /// trail.
  void tell_all_suppressed() const;

  void agent_connected(const announcement& agent, incarnation number,
                       const origin& who) const;

  /// `refused` is the number of its messages that were refused. `detail` is
  /// omitted if it is empty.
  void agent_disconnected(const announcement& agent, incarnation number,
                          errc why, std::string_view detail, const origin& who,
                          std::uint64_t refused) const;

  void agent_timeout(const announcement& agent, const origin& who,
                     std::chrono::milliseconds silent,
                     std::chrono::milliseconds allowed) const;

  /// Two bridges use the same id; see the event `agent_conflict`.
  void agent_conflict(const announcement& standing,
                      const announcement& newcomer, bool newcomer_stands) const;

  /// A disconnected agent was forgotten on request.
  void agent_forgotten(const agent_id& agent, const origin& who) const;

  // -- dispatches and results -------------------------------------------------

  void task_dispatched(const dispatch_order& order) const;

  /// `last` is the dispatch that is followed up.
  void task_followup(const dispatch_order& order, const message_id& last) const;

  /// A message was refused because it names another agent (`forged_result`) or
  /// a dispatch that is not pending there (`unknown_message`; contract section
  /// 6, number 5), or because it is an invalid response
  /// (`unreadable_response`). For a heartbeat, `message` is empty.
  void result_refused(const announcement& agent, errc why, const origin& who,
                      const agent_id& claimed, const message_id& message) const;

  // -- costs and limits -------------------------------------------------------

  /// The cost of a finished dispatch and the resulting totals, in USD.
  void task_cost_recorded(const agent_id& agent, const session_id& session,
                          const message_id& message, double cost,
                          double session_total, double daily_total) const;

  /// An implausible cost was reported; `cost`, in USD, was computed instead.
  void task_cost_implausible(const agent_id& agent, const session_id& session,
                             const message_id& message, double reported,
                             double cost) const;

  /// Session spending was reset to 0; `session_total` is the amount before
  /// that, in USD.
  void session_costs_reset(const session_id& session, const origin& who,
                           double session_total) const;

  /// A dispatch was refused because a cost limit has been reached.
  void cost_limit_exceeded(const agent_id& agent, const session_id& session,
                           const origin& who, const cost_view& costs) const;

  /// A dispatch was refused because a rate limit has been reached. `window`
  /// says which one: "agent" or "ip".
  void rate_limit_exceeded(const agent_id& agent, const origin& who,
                           std::string_view window,
                           const dispatch_rates& rates) const;

  // -- for tellers ------------------------------------------------------------

  /// Whether entries with this result are audited. Ask before building one.
  [[nodiscard]] bool wants(bool success) const noexcept {
    return backlog_ && (level_ == audit_level::everything || !success);
  }

  /// Whether this refusal of a token gets an entry; otherwise it is counted.
  /// Per address, a few entries a minute are written.
  [[nodiscard]] bool admits_refusal(const std::string& ip,
                                    std::string_view gate,
                                    std::string_view reason,
                                    time_point now) const;

  /// Sends an entry that the sink wants.
  void hand_in(store::audit_entry x) const;

private:
  void hand_in(const std::vector<net::failure_quota::summary>& list) const;

  std::shared_ptr<audit_backlog> backlog_;
  audit_level level_ = audit_level::everything;
};

} // namespace bridgekeeper::actors
