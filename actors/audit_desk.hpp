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

/// What is on its way to the audit trail. Shared by all threads, and by
/// successive trails.
class audit_backlog {
public:
  explicit audit_backlog(std::size_t most_waiting = 10'000)
    : limit(most_waiting) {}

  /// Entries go to `trail` from now on; null: they are lost until there is one
  /// again. Those that still wait for its predecessor died with it: called only
  /// once that has ended.
  void lead_to(audit_trail_actor trail);

  /// Takes an entry for the trail, or counts it as dropped or lost.
  void hand_in(audit_entry_ptr x);

  /// The trail that stands, or null.
  [[nodiscard]] audit_trail_actor trail() const;

  /// Entries are lost at the moment: there is no trail, or its file cannot be
  /// written.
  [[nodiscard]] bool is_losing() const {
    return is_failing || !trail();
  }

  /// More entries than this do not wait; a few hundred bytes each.
  const std::size_t limit;
  std::atomic<std::size_t> waiting{0};
  /// Entries that found no room, since the trail told of some last.
  std::atomic<std::uint64_t> dropped{0};
  /// Entries that died with a trail, or came while there was none.
  std::atomic<std::uint64_t> lost{0};
  /// The trail could not write its last entry.
  std::atomic<bool> is_failing{false};
  /// Which refusals come here at all.
  net::failure_quota refusals;

private:
  mutable std::mutex mutex_;
  audit_trail_actor trail_;
};

/// Where a token is asked for.
enum class audit_gate : std::uint8_t { http, control_socket, bridge, console };

enum class audit_level : std::uint8_t { everything, failures };

/// What was asked for, where it was over HTTP. The path is without its query.
struct audited_request {
  std::string_view method = {};
  std::string_view path = {};
};

/// Where actors hand in what is to be audited, one function an event: the
/// contract's (section 5) and ours. Each I/O thread has one in its context;
/// copies speak to the same trail. One that was made from nothing is closed:
/// then each call is a comparison. Never blocks and never throws entries at a
/// trail that is behind: they are counted, and the trail audits the count.
class audit_desk {
public:
  audit_desk() = default;

  audit_desk(std::shared_ptr<audit_backlog> backlog, audit_level level)
    : backlog_(std::move(backlog)), level_(level) {}

  /// Whether what is handed in now is lost. Never where nothing is audited.
  [[nodiscard]] bool is_losing() const {
    return backlog_ && backlog_->is_losing();
  }

  // -- who comes and goes -----------------------------------------------------

  /// A token was accepted. Not for polls, which would push evidence out of the
  /// log: see `counters::polls`.
  void auth_success(audit_gate where, const origin& who,
                    audited_request what = {}) const;
  /// A bridge's token was; it is known who it is then.
  void auth_success(const announcement& agent, const origin& who) const;

  /// Nobody was let in. `claimed` is whom a bridge said to be. Of one address
  /// some a minute are written, the others are counted.
  void auth_failure(audit_gate where, errc why, const origin& who,
                    time_point now, const agent_id& claimed = {},
                    audited_request what = {}) const;

  /// Writes how many refusals were not written in a minute that is over. To be
  /// called every few seconds, by as many threads as like.
  void tell_suppressed(time_point now) const;

  /// The same of the minute that is not over yet, before the trail is told to
  /// end.
  void tell_all_suppressed() const;

  void agent_connected(const announcement& agent, incarnation number,
                       const origin& who) const;

  /// `refused` counts its results and heartbeats that were dropped; `detail` is
  /// left out where it is empty.
  void agent_disconnected(const announcement& agent, incarnation number,
                          errc why, std::string_view detail, const origin& who,
                          std::uint64_t refused) const;

  void agent_timeout(const announcement& agent, const origin& who,
                     std::chrono::milliseconds silent,
                     std::chrono::milliseconds allowed) const;

  /// Two bridges use one id; see `agent_conflict`.
  void agent_conflict(const announcement& standing,
                      const announcement& newcomer, bool newcomer_stands) const;

  /// An agent that was away is forgotten because somebody wants it so.
  void agent_forgotten(const agent_id& agent, const origin& who) const;

  // -- what they do -----------------------------------------------------------

  void task_dispatched(const dispatch_order& order) const;

  /// `last` is the dispatch that is followed up.
  void task_followup(const dispatch_order& order, const message_id& last) const;

  /// A message that was dropped, because it names another agent
  /// (`forged_result`) or a dispatch that is not pending there
  /// (`unknown_message`; contract section 6, number 5). An empty `message`: a
  /// heartbeat.
  void result_refused(const announcement& agent, errc why, const origin& who,
                      const agent_id& claimed, const message_id& message) const;

  // -- what it costs ----------------------------------------------------------

  /// What a finished dispatch cost, and what that comes to, in USD.
  void task_cost_recorded(const agent_id& agent, const session_id& session,
                          const message_id& message, double cost,
                          double session_total, double daily_total) const;

  /// A cost was reported that is not believed; it was priced at `cost` USD.
  void task_cost_implausible(const agent_id& agent, const session_id& session,
                             const message_id& message, double reported,
                             double cost) const;

  /// Session spending starts again at 0; `session_total` USD were spent.
  void session_costs_reset(const session_id& session, const origin& who,
                           double session_total) const;

  /// A dispatch was refused, because a limit is reached.
  void cost_limit_exceeded(const agent_id& agent, const session_id& session,
                           const origin& who, const cost_view& costs) const;

  /// The same of a rate; `window` is which: "agent" or "ip".
  void rate_limit_exceeded(const agent_id& agent, const origin& who,
                           std::string_view window,
                           const dispatch_rates& rates) const;

private:
  [[nodiscard]] bool wants(bool success) const noexcept {
    return backlog_ && (level_ == audit_level::everything || !success);
  }

  void hand_in(store::audit_entry x) const;
  void hand_in(const std::vector<net::failure_quota::summary>& list) const;

  std::shared_ptr<audit_backlog> backlog_;
  audit_level level_ = audit_level::everything;
};

/// The first `count` characters of UTF-8 text.
[[nodiscard]] std::string_view first_code_points(std::string_view text,
                                                 std::size_t count) noexcept;

} // namespace bridgekeeper::actors
