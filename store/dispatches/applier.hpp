#pragma once

#include "store/dispatches/completion.hpp"
#include "store/dispatches/event_log.hpp"
#include "store/dispatches/life_table.hpp"
#include "store/dispatches/numbered.hpp"
#include "store/dispatches/operations.hpp"
#include "store/dispatches/statement.hpp"

#include <SQLiteCpp/Database.h>
#include <cstdint>
#include <optional>
#include <vector>

namespace bridgekeeper::store {

/// A row that a batch has written, with the time of the batch. Whether it is
/// there tells whether a batch was committed whose commit failed halfway: all
/// of a batch is there or nothing.
struct witness {
  /// `mark` is a row of `meta`, for batches that may leave no other trace.
  enum class kind_type : std::uint8_t { dispatch, event, mark };

  kind_type kind = kind_type::dispatch;
  std::int64_t number = 0;
  timestamp at{};
};

/// Applies operations within the writer's transactions. Holds the prepared
/// statements of one connection. Writer thread; throws `SQLite::Exception`.
class applier {
public:
  applier(SQLite::Database& db, event_position& position);

  void begin(timestamp now);

  [[nodiscard]] completion apply(const operation& x);

  /// Completes the transaction before its commit.
  void complete();

  [[nodiscard]] event_log& events() noexcept {
    return events_;
  }

  /// Unset if the batch has changed nothing that matters.
  [[nodiscard]] const std::optional<witness>& seen() const noexcept {
    return seen_;
  }

  /// Whether the witness of an earlier batch is there. Outside of transactions.
  [[nodiscard]] bool finds(const witness& x);

  /// The batch was not committed.
  void roll_back();

private:
  completion apply_body(const record_events& x);
  completion apply_body(const upsert_agent& x);
  completion apply_body(const forget_agent& x);
  completion apply_body(const upsert_session& x);
  completion apply_body(const reserve_incarnations& x);
  completion apply_body(const erase_dispatch& x);
  completion apply_body(const erase_agent& x);

  template <class T>
  completion apply_body(const T& x) {
    auto out = life_.apply(x);
    if (out.what == outcome::applied)
      remember({witness::kind_type::dispatch,
                static_cast<std::int64_t>(out.number), batch_.now});
    // A late result leaves the time of its dispatch as it was.
    needs_mark_ = needs_mark_ || out.what == outcome::kept_late;
    return out;
  }

  void remember(const witness& x);
  void note_erasure(outcome x);

  SQLite::Database& db_;
  event_log events_;
  numbered agents_;
  numbered sessions_;
  batch_context batch_;
  life_table life_;
  std::optional<witness> seen_;
  bool needs_mark_ = false;
  statement upsert_agent_;
  statement forget_agent_;
  statement upsert_session_;
  statement reserve_;
  statement mark_;
  statement find_mark_;
  statement find_event_;
  statement find_dispatch_;
};

} // namespace bridgekeeper::store
