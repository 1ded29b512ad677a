#pragma once

#include "domain/timestamp.hpp"
#include "store/dispatches/connection.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::store {

// What an operator's commands do. All read through a connection of their own,
// may run while a daemon uses the store, and block for as long as it takes.
// They throw `open_error` if the file holds no store, or that of a later
// version, and `SQLite::Exception` if the file cannot even be opened.

/// Opens a store that exists, for reading. A damaged file is accepted.
[[nodiscard]] std::unique_ptr<SQLite::Database>
open_existing(const connection_options& file);

/// What is wrong with the file, one finding a line; at most 100. Empty if it is
/// intact. Reads all of it.
[[nodiscard]] std::vector<std::string>
check_store(const connection_options& file);

/// A rule that the rows of every store obey, and the rows that break it.
struct checked_rule {
  /// A sentence without a full stop.
  std::string_view rule;
  /// `dispatch 12`, or why the rule could not be checked; at most 100.
  std::vector<std::string> findings;
};

/// Checks how the rows of the tables belong together. The result has all rules,
/// including those that are obeyed.
[[nodiscard]] std::vector<checked_rule>
check_rows(const connection_options& file);

struct dated_dispatch {
  std::string id;
  timestamp created{};
};

struct store_statistics {
  std::uint64_t file_bytes = 0;
  std::uint64_t wal_bytes = 0;
  /// Space that removed rows have left.
  std::uint64_t free_bytes = 0;
  std::int64_t schema = 0;
  /// The number of starts so far.
  std::int64_t starts = 0;
  /// Nothing if there are no dispatches.
  std::optional<dated_dispatch> oldest;
  std::optional<dated_dispatch> newest;
  std::map<std::string, std::int64_t> dispatches_by_state;
  std::map<std::string, std::int64_t> rows_by_table;
};

[[nodiscard]] store_statistics statistics_of(const connection_options& file);

/// Rows that could not be read.
struct lost_rows {
  std::string_view table;
  /// The range of their keys (dispatch or event numbers, in most tables). Not
  /// every number in it need have had a row. `last` is less than `first` for
  /// the rest of a table that has no ranges.
  std::int64_t first = 0;
  std::int64_t last = -1;
};

/// What could be saved of a store.
struct export_result {
  std::int64_t rows = 0;
  std::vector<lost_rows> lost;
};

/// Writes every row that can be read as a line of JSON,
/// `{"kind":"task","n":1,…}`, table by table, after a line of the kind `store`.
/// A damaged page costs only the rows on it: what cannot be read is split into
/// smaller ranges of rows until the rest can. Bytes that are not a UUID are
/// written in hexadecimal.
[[nodiscard]] export_result
export_rows(const connection_options& file,
            const std::function<void(std::string_view line)>& write);

} // namespace bridgekeeper::store
