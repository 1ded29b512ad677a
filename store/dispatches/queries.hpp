#pragma once

#include "domain/dispatch_life.hpp"
#include "domain/event.hpp"
#include "domain/ids.hpp"
#include "domain/micro_usd.hpp"
#include "domain/past_events.hpp"
#include "domain/stream_name.hpp"
#include "domain/timestamp.hpp"
#include "store/dispatches/life_table.hpp"
#include "store/dispatches/operations.hpp"

#include <SQLiteCpp/Database.h>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bridgekeeper::store {

/// The record of a dispatch, without its texts.
struct dispatch_row {
  dispatch_number number{};
  message_id id;
  agent_id agent;
  session_id session;
  dispatch_state state = dispatch_state::queued;
  std::uint16_t attempt = 1;
  std::uint16_t max_attempts = 1;
  incarnation link{};
  std::string instance;
  std::int8_t priority = 0;
  std::optional<message_id> followup_to;
  timestamp created{};
  std::optional<timestamp> sent;
  std::optional<timestamp> accepted;
  std::optional<timestamp> running;
  timestamp changed{};
  std::optional<timestamp> start_by;
  std::optional<timestamp> deadline;
  std::optional<timestamp> retry_at;
  std::optional<timestamp> awaited_until;
  std::optional<errc> reason;
  std::string detail;
  /// The class that the bridge named, if it reported the last attempt as
  /// failed.
  std::optional<failure_class> failure;
  /// The number of late results.
  std::uint16_t late = 0;
  std::string from_ip;
  std::string from_token;
  std::uint64_t first_event = 0;
  std::uint64_t last_event = 0;
};

struct task_row {
  std::string content;
  /// JSON text; empty if there is none.
  std::string context;
  std::string options;
};

struct result_row {
  std::uint16_t attempt = 1;
  std::shared_ptr<const response> answer;
  micro_usd cost;
  bool is_late = false;
};

struct change_row {
  timestamp at{};
  change_kind what{};
  std::uint16_t attempt = 1;
  incarnation link{};
  std::optional<errc> reason;
};

struct agent_row {
  agent_id id;
  std::string name;
  std::string endpoint_url;
  std::string announced;
  bool cordoned = false;
  timestamp first_seen{};
  timestamp last_seen{};
};

struct session_row {
  session_id id;
  timestamp opened{};
  micro_usd spent;
};

/// Selects dispatches. Unset fields select all.
struct dispatch_filter {
  state_set in;
  std::optional<agent_id> agent;
  /// Accepted at this time or later.
  std::optional<timestamp> since;
  /// The cursor: only dispatches before this one.
  std::optional<dispatch_number> before;
  /// At most 1000.
  std::size_t limit = 100;
};

inline constexpr std::size_t max_page = 1'000;

struct dispatch_page {
  /// Newest first.
  std::vector<dispatch_row> rows;
  /// The cursor of the next page, if there may be one.
  std::optional<dispatch_number> next;
};

/// A dispatch with everything that is known about it.
struct dispatch_details {
  dispatch_row row;
  task_row task;
  /// By attempt.
  std::vector<result_row> results;
  /// Oldest first.
  std::vector<change_row> changes;
};

/// The dispatch for which an idempotency key was used.
struct key_use {
  std::string body_hash;
  message_id id;
};

/// What a short id stands for.
struct short_id_match {
  /// Unset if there is none, or more than one.
  std::optional<message_id> id;
  bool is_ambiguous = false;
};

// All of these run on one connection and its thread, and throw
// `SQLite::Exception`.

[[nodiscard]] dispatch_page list_dispatches(SQLite::Database& db,
                                            const dispatch_filter& filter);

[[nodiscard]] std::optional<dispatch_row> find_dispatch(SQLite::Database& db,
                                                        const message_id& id);

[[nodiscard]] std::optional<dispatch_details>
dispatch_history(SQLite::Database& db, const message_id& id);

/// Looks for an id that starts or ends with `text`. All ids are compared from
/// their start, but only those of the newest 100 000 dispatches from their end,
/// which is the part that differs between ids of the same minute.
[[nodiscard]] short_id_match find_short_id(SQLite::Database& db,
                                           const std::string& text);

[[nodiscard]] std::optional<key_use> find_key(SQLite::Database& db,
                                              const std::string& scope,
                                              const std::string& key,
                                              timestamp now);

[[nodiscard]] std::vector<result_row> results_of(SQLite::Database& db,
                                                 const dispatch_row& x);

/// The events of a stream, but not of a dispatch, after a number, oldest first.
/// At most `limit`; if there are more, `more` is set. `gap`: earlier events
/// have been removed, or the search has ended before them.
[[nodiscard]] past_events list_events(SQLite::Database& db,
                                      const stream_name& which,
                                      std::uint64_t after, std::size_t limit);

/// A page of the events of one dispatch: at most 1000, and about `max_bytes`. A
/// search through very many events of others ends earlier, perhaps without any;
/// if `more` is set, the next page begins after `read_to`. Nothing if the
/// dispatch is unknown.
[[nodiscard]] std::optional<past_events> list_events(SQLite::Database& db,
                                                     const message_id& id,
                                                     std::uint64_t after,
                                                     std::size_t max_bytes);

/// The newest events of all streams, oldest first.
[[nodiscard]] std::vector<event_ptr> newest_events(SQLite::Database& db,
                                                   std::size_t limit);

} // namespace bridgekeeper::store
