#pragma once

#include "actors/interfaces.hpp"
#include "domain/failure_quota.hpp"
#include "domain/time_point.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
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
  failure_quota refusals;

private:
  mutable std::mutex mutex_;
  audit_trail_actor trail_;
};

enum class audit_level : std::uint8_t { everything, failures };

/// Sends entries to the audit trail, limits how many wait there, and holds back
/// repeated refusals. `audit_teller` renders facts as entries. Each I/O thread
/// has a sink in its context; copies send to the same trail. A
/// default-constructed sink is closed and accepts no entries. Never blocks. If
/// the trail is behind, entries are counted instead of queued, and the trail
/// audits the count.
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

  /// Whether entries with this result are audited. Ask before building one.
  [[nodiscard]] bool wants(bool success) const noexcept {
    return backlog_ && (level_ == audit_level::everything || !success);
  }

  /// Whether this refusal of a token gets an entry; otherwise it is counted.
  /// Each address gets a few entries a minute.
  [[nodiscard]] bool admits_refusal(const std::string& ip,
                                    std::string_view gate,
                                    std::string_view reason,
                                    time_point now) const;

  /// Sends an entry that the sink wants.
  void hand_in(store::audit_entry x) const;

  /// Writes the number of suppressed failures once their minute has ended. Any
  /// number of threads may call this; one of them should do so every few
  /// seconds.
  void tell_suppressed(time_point now) const;

  /// The same, but includes the current minute. Call this before stopping the
  /// trail.
  void tell_all_suppressed() const;

private:
  void hand_in(const std::vector<failure_quota::summary>& list) const;

  std::shared_ptr<audit_backlog> backlog_;
  audit_level level_ = audit_level::everything;
};

} // namespace bridgekeeper::actors
