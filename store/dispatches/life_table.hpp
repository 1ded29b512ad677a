#pragma once

#include "store/dispatches/completion.hpp"
#include "store/dispatches/dispatch_index.hpp"
#include "store/dispatches/event_log.hpp"
#include "store/dispatches/numbered.hpp"
#include "store/dispatches/operations.hpp"
#include "store/dispatches/recent_sessions.hpp"
#include "store/dispatches/spending.hpp"
#include "store/dispatches/statement.hpp"

#include <SQLiteCpp/Database.h>
#include <cstdint>

namespace bridgekeeper::store {

/// What `changes` records: what the columns of a dispatch cannot say.
enum class change_kind : std::uint8_t {
  retried = 1,
  adopted = 2,
  cancelled = 3,
  late_result = 4,
};

/// What the tables of a batch share.
struct batch_context {
  event_log& events;
  numbered& agents;
  numbered& sessions;
  /// The time of the batch, which no other batch has.
  timestamp now{};
};

/// Applies the operations of a dispatch's life. Every update is guarded: it
/// says in which states, and for which attempt, it applies. Writer thread, in a
/// transaction.
class life_table {
public:
  life_table(SQLite::Database& db, batch_context& batch);

  completion apply(const insert_dispatch& x);
  completion apply(const mark_sent& x);
  completion apply(const unsend& x);
  completion apply(const mark_accepted& x);
  completion apply(const mark_running& x);
  completion apply(const await_bridge& x);
  completion apply(const adopt& x);
  completion apply(const end_dispatch& x);
  completion apply(const retry_dispatch& x);

  /// Completes the batch's transaction before its commit.
  void complete();

  /// The batch was not committed.
  void roll_back();

  /// Something else has changed or removed dispatches.
  void forget() noexcept {
    index_.forget();
    recent_.forget();
  }

private:
  /// A row that a guarded update has changed.
  struct changed_row {
    std::uint16_t attempt = 0;
    std::int64_t session = 0;
  };

  [[nodiscard]] std::optional<completion> known_key(const insert_dispatch& x);
  /// What is needed of the row that a guarded update has changed.
  [[nodiscard]] changed_row row_of(const guard& when,
                                   const outcome_report& report);
  void append(const event_list& events, dispatch_number number,
              std::uint16_t attempt);
  /// The number that the last of these events will get; 0 if there are none.
  [[nodiscard]] std::int64_t last_of(const event_list& events) const noexcept;
  void note(dispatch_number number, change_kind what, std::uint16_t attempt,
            std::optional<incarnation> link = {},
            std::optional<errc> reason = {});
  /// Stores a report and counts its cost. Returns false if the attempt already
  /// has one.
  bool keep(const outcome_report& report, dispatch_number number,
            const changed_row& row, bool is_late);
  /// The guard of an operation with a report did not match.
  completion keep_late(dispatch_number number, std::uint16_t attempt,
                       const outcome_report& report, const event_list& events);
  [[nodiscard]] completion result_of(dispatch_number number,
                                     outcome what) const;

  batch_context& batch_;
  spending spending_;
  dispatch_index index_;
  recent_sessions recent_;
  statement insert_;
  statement insert_task_;
  statement find_key_;
  statement insert_key_;
  statement sent_;
  statement set_agent_;
  statement unsend_;
  statement accepted_;
  statement running_;
  statement await_;
  statement adopt_;
  statement end_;
  statement retry_;
  statement insert_result_;
  statement find_;
  statement has_result_;
  statement count_late_;
  statement insert_change_;
};

} // namespace bridgekeeper::store
