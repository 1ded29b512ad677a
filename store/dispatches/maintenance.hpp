#pragma once

#include "store/dispatches/connection.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::store {

// What an operator's commands do. All read through a connection of their own,
// may run while a daemon uses the store, block for as long as it takes, and
// throw `SQLite::Exception` if the file cannot even be opened.

/// What is wrong with the file, one finding a line; at most 100. Empty if it is
/// intact. Reads all of it.
[[nodiscard]] std::vector<std::string>
check_store(const connection_options& file);

struct store_statistics {
  std::uint64_t file_bytes = 0;
  std::uint64_t wal_bytes = 0;
  /// Space that removed rows have left.
  std::uint64_t free_bytes = 0;
  std::int64_t schema = 0;
  /// The number of starts so far.
  std::int64_t starts = 0;
  std::map<std::string, std::int64_t> dispatches_by_state;
  std::map<std::string, std::int64_t> rows_by_table;
};

[[nodiscard]] store_statistics statistics_of(const connection_options& file);

/// What could be saved of a store.
struct export_result {
  std::int64_t rows = 0;
  /// Ranges of rows that could not be read.
  std::int64_t unreadable_ranges = 0;
};

/// Writes every row that can be read as a line of JSON,
/// `{"table":"tasks","n":1,…}`, table by table. A damaged page costs only the
/// rows on it: what cannot be read is split into smaller ranges of rows until
/// the rest can. Bytes that are not a UUID are written in hexadecimal.
[[nodiscard]] export_result
export_rows(const connection_options& file,
            const std::function<void(std::string_view line)>& write);

} // namespace bridgekeeper::store
