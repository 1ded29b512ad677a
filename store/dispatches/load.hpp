#pragma once

#include "store/dispatches/event_log.hpp"
#include "store/dispatches/queries.hpp"

#include <SQLiteCpp/Database.h>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bridgekeeper::store {

/// Where numbers, times and chains of events continue. On another boot than the
/// last start's, unless that one ended cleanly, numbers continue after the
/// reserved block: see `event_position`. Writer's connection.
[[nodiscard]] event_position load_position(SQLite::Database& db);

/// Records a new start, synchronized, and returns its epoch. Sets `was_clean`.
struct start_record {
  std::int64_t epoch = 0;
  /// The previous start ended cleanly, or there was none.
  bool was_clean = true;
};

[[nodiscard]] start_record record_start(SQLite::Database& db,
                                        const event_position& position,
                                        const std::string& version);

/// The start ended cleanly: nothing was lost.
void record_end(SQLite::Database& db, std::int64_t epoch);

/// A dispatch that has not ended, with what is needed to continue it.
struct unfinished_dispatch {
  dispatch_row row;
  std::string content;
  std::string context;
  std::string options;
};

/// What clients know a daemon by, although it was restarted: kept since the
/// first start of the store.
struct store_identity {
  /// The session of the control API.
  std::string control_session;
  /// Says to which numbering of events a number belongs.
  std::string event_epoch;
};

/// Returns the store's identity, which is `proposed` if it has none yet.
[[nodiscard]] store_identity keep_identity(SQLite::Database& db,
                                           const store_identity& proposed);

/// What a daemon needs to know before it listens.
struct loaded_state {
  std::int64_t epoch = 0;
  bool was_clean = true;
  /// The next dispatch gets this number.
  std::int64_t next_number = 1;
  std::vector<unfinished_dispatch> unfinished;
  std::vector<agent_row> agents;
  /// The newest control sessions, newest first.
  std::vector<session_row> sessions;
  /// Empty if the store cannot be used.
  store_identity identity;
  /// By the session of the control API, since its spending last restarted at 0;
  /// that time is unset if it has spent nothing yet.
  micro_usd spent_in_session;
  std::optional<timestamp> session_since;
  micro_usd spent_today;
  /// The newest dispatch of each agent, finished or not.
  std::vector<dispatch_row> newest;
  /// The newest events, oldest first.
  std::vector<event_ptr> tail;
  std::uint64_t last_event = 0;
};

/// Sets the identity, and what was spent in its session.
void load_spending(SQLite::Database& db, store_identity identity,
                   loaded_state& out);

/// `events`: how many of the newest events to load.
[[nodiscard]] loaded_state load_state(SQLite::Database& db, timestamp now,
                                      std::size_t events);

} // namespace bridgekeeper::store
