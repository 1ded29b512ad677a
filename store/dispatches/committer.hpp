#pragma once

#include "store/dispatches/applier.hpp"
#include "store/dispatches/connection.hpp"
#include "store/dispatches/migrate.hpp"

#include <SQLiteCpp/Database.h>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace bridgekeeper::store {

/// What became of a batch.
struct batch_result {
  /// If not `none`, nothing was committed, except perhaps if `is_unknown`.
  fault why = fault::none;
  /// The commit failed after it had started to write. The batch may be on
  /// record once the file is opened again.
  bool is_unknown = false;
  /// An operation of the batch cannot be stored, although the store is fine.
  bool is_defect = false;
  /// For people, if the batch failed.
  std::string detail;
  /// One for each operation, in their order.
  std::vector<completion> completions;
  std::vector<stamp> events;
};

/// What a checkpoint has found.
struct checkpoint_result {
  fault why = fault::none;
  std::int64_t wal_pages = 0;
  std::int64_t moved_pages = 0;
  /// All pages were moved and no reader needs the old ones.
  bool is_complete = false;
};

/// Owns the connection that writes, and commits batches of operations with it.
/// Blocks. Everything that it needs to continue after the connection was closed
/// and opened again is kept. Writer thread.
class committer {
public:
  explicit committer(connection_options options);
  ~committer();
  committer(const committer&) = delete;
  committer& operator=(const committer&) = delete;

  /// Opens the file, checks it, migrates it, and reads where events continue.
  /// Throws `open_error`, `SQLite::Exception`, and what `notice` throws.
  void open(const migration_notice& notice = {});

  /// The same after a failure, without migrating.
  void reopen();

  void close() noexcept;

  [[nodiscard]] bool is_open() const noexcept {
    return applier_.has_value();
  }

  /// Applies and commits the operations in one transaction. `sync`: the commit
  /// waits for the disk. Does not throw; `is_open` is required.
  [[nodiscard]] batch_result run(std::span<const operation> operations,
                                 bool sync, timestamp now) noexcept;

  /// After `reopen`, if the last failed batch was `is_unknown`: whether it is
  /// on record. If it is, its completions and events are those of `recovered`.
  [[nodiscard]] bool was_committed();

  [[nodiscard]] batch_result take_recovered();

  /// Runs other work of the writer in a transaction of its own, without waiting
  /// for the disk.
  [[nodiscard]] fault
  in_transaction(const std::function<void(SQLite::Database&)>& work) noexcept;

  /// In `in_transaction`: see `event_log::save_heads`.
  void save_heads() {
    applier_->events().save_heads();
  }

  /// The `errno` of the last failure; 0 if there is no connection.
  [[nodiscard]] int system_error() const noexcept;

  /// Writes something and waits for the disk, to see whether that works.
  [[nodiscard]] fault probe() noexcept;

  /// `truncate`: empty the WAL, unless a reader needs it.
  [[nodiscard]] checkpoint_result checkpoint(bool truncate) noexcept;

  /// The size of the WAL after the last commit.
  [[nodiscard]] std::int64_t wal_pages() const noexcept {
    return wal_pages_;
  }

  [[nodiscard]] const connection_options& options() const noexcept {
    return options_;
  }

  [[nodiscard]] SQLite::Database& db() noexcept {
    return *db_;
  }

  [[nodiscard]] event_position& position() noexcept {
    return position_;
  }

  /// Called between the work of a batch and its commit, for the mutation
  /// `answer_first`.
  std::function<void(std::span<const operation>, batch_result&)> on_early;

private:
  struct failed_batch {
    batch_result result;
    std::optional<witness> seen;
    event_position position;
  };

  void prepare();
  void choose_sync(bool full);
  void choose_erasure(bool on);
  /// What the exception that is being handled means.
  [[nodiscard]] fault current_fault(int& code, std::string& detail) noexcept;
  /// The same, and rolls back.
  [[nodiscard]] fault fail_transaction() noexcept;
  void roll_back() noexcept;
  void apply_all(std::span<const operation> operations, batch_result& out);

  connection_options options_;
  event_position position_;
  std::unique_ptr<SQLite::Database> db_;
  std::optional<statement> begin_;
  std::optional<statement> commit_;
  std::optional<applier> applier_;
  std::optional<failed_batch> failed_;
  bool is_full_ = true;
  bool is_erasing_ = false;
  std::int64_t wal_pages_ = 0;
};

} // namespace bridgekeeper::store
