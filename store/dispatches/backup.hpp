#pragma once

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Database.h>
#include <optional>
#include <stdexcept>
#include <string>

namespace bridgekeeper::store {

/// The copy cannot have the name that was chosen for it, and another attempt
/// would fail again. `what()` says why, and what to do next.
class unusable_target : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// A copy of a store that is made in steps, between which the connection may
/// write. It must be the connection that writes: its changes reach the copy at
/// once, whereas another connection would start again after each commit and
/// keep the WAL from being reused. The copy appears under its name when it is
/// complete and on disk; until then its name ends in `.partial`. Same thread as
/// the connection.
class running_backup {
public:
  /// Throws `unusable_target`, `std::system_error` or `SQLite::Exception` if
  /// the copy cannot be created.
  running_backup(SQLite::Database& db, std::string target);
  ~running_backup();
  running_backup(const running_backup&) = delete;
  running_backup& operator=(const running_backup&) = delete;

  /// Copies up to 200 pages. Returns true if the copy is complete. Throws
  /// `SQLite::Exception` and `std::runtime_error`.
  [[nodiscard]] bool step();

private:
  void finish();

  std::string target_;
  std::string partial_;
  std::optional<SQLite::Database> copy_;
  std::optional<SQLite::Backup> work_;
};

/// For backups whose target a person names: throws `unusable_target` if
/// anything has that name.
void refuse_existing(const std::string& target);

/// The same as a `running_backup`, in one go.
void back_up(SQLite::Database& db, const std::string& target);

} // namespace bridgekeeper::store
