#pragma once

#include "domain/event.hpp"
#include "store/dispatches/numbered.hpp"
#include "store/dispatches/operations.hpp"
#include "store/dispatches/statement.hpp"

#include <SQLiteCpp/Database.h>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bridgekeeper::store {

/// The newest events of an agent, at the ends of its two chains. Progress has a
/// chain of its own, so that removing old progress only cuts its old end.
struct chain_heads {
  std::int64_t event = 0;
  std::int64_t progress = 0;
};

/// Numbers, times and chains of events: what survives the connection. Sequence
/// numbers and times only rise, and no number is used twice, whatever crashes.
/// A crash of the process loses no committed event. A power failure may, with
/// numbers that readers have already seen; so numbers are reserved on disk in
/// blocks, and after an unclean end on another boot the next start continues
/// after the reserved block.
struct event_position {
  std::int64_t next = 1;
  /// Numbers below this one are reserved on disk.
  std::int64_t reserved = 1;
  timestamp last_time{};
  std::unordered_map<std::int64_t, chain_heads> heads;
  /// Heads in the file are those up to this event.
  std::int64_t heads_at = 0;

  /// Whether so many events need no further reservation.
  [[nodiscard]] bool has_room_for(std::int64_t events) const noexcept {
    return next + events <= reserved;
  }
};

/// Events whose commit has succeeded, with their numbers and times.
struct stamp {
  std::shared_ptr<event> what;
  std::uint64_t sequence = 0;
  timestamp at{};
};

/// Appends events within the writer's transactions. Writer thread.
class event_log {
public:
  /// Heads are saved after this many events. Readers scan as many to find an
  /// agent's newest event.
  static constexpr std::int64_t heads_interval = 4'096;

  event_log(SQLite::Database& db, event_position& position);

  /// Starts a batch and returns its time, which no other batch or event has.
  timestamp begin(timestamp now);

  /// The number of the next event.
  [[nodiscard]] std::int64_t next() const noexcept {
    return position_.next;
  }

  /// The time of the batch or of its newest event.
  [[nodiscard]] timestamp last_time() const noexcept {
    return position_.last_time;
  }

  /// Returns the event's number.
  std::int64_t append(const std::shared_ptr<event>& x,
                      std::optional<dispatch_number> dispatch,
                      std::uint16_t attempt, numbered& agents,
                      numbered& sessions);

  /// The agent with this row number was erased, with its events.
  void forget_agent(std::int64_t agent);

  /// Completes the batch's transaction before its commit. If numbers had to be
  /// reserved (see `has_room_for`), that commit must reach the disk.
  void complete();

  /// The events of the batch so far.
  [[nodiscard]] const std::vector<stamp>& pending() const noexcept {
    return stamps_;
  }

  /// The batch was committed: its events, in order.
  [[nodiscard]] std::vector<stamp> take();

  /// The batch, if there is one, was not committed. Numbers and times continue
  /// where they were before it.
  void roll_back();

  /// Stores the heads that have changed since the last time. In a transaction.
  void save_heads();

private:
  timestamp next_time();

  event_position& position_;
  event_position before_;
  std::vector<std::pair<std::int64_t, chain_heads>> old_heads_;
  std::vector<stamp> stamps_;
  bool is_in_batch_ = false;
  timestamp now_{};
  statement insert_;
  statement reserve_;
  statement save_head_;
  statement saved_at_;
};

} // namespace bridgekeeper::store
