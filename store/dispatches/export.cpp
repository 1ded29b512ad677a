#include "protocol/json_writer.hpp"
#include "store/dispatches/maintenance.hpp"
#include "store/dispatches/uuid_bytes.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>
#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>

namespace bridgekeeper::store {

namespace {

/// A table and the column by which ranges of its rows are selected.
struct table_key {
  const char* table;
  const char* key;
};

constexpr std::array tables{
    table_key{"meta", nullptr},        table_key{"starts", "epoch"},
    table_key{"agents", "n"},          table_key{"sessions", "n"},
    table_key{"days", "day"},          table_key{"dispatches", "n"},
    table_key{"tasks", "n"},           table_key{"results", "dispatch"},
    table_key{"changes", "dispatch"},  table_key{"events", "n"},
    table_key{"idempotency", nullptr},
};

std::string text_of(const SQLite::Column& value) {
  auto bytes = value.getString();
  if (!value.isBlob())
    return bytes;
  if (bytes.size() == uuid_bytes{}.size())
    return to_uuid_text(bytes);
  std::string out;
  for (auto c : bytes)
    for (auto digit : {static_cast<unsigned char>(c) >> 4, c & 0x0f})
      out += "0123456789abcdef"[digit];
  return out;
}

std::string line_of(const char* table, SQLite::Statement& row) {
  protocol::json_writer out;
  out.string("table", table);
  for (auto i = 0; i < row.getColumnCount(); ++i) {
    auto value = row.getColumn(i);
    if (value.isInteger())
      out.number(value.getName(), static_cast<std::int64_t>(value.getInt64()));
    else if (value.isNull())
      out.null(value.getName());
    else
      out.string(value.getName(), text_of(value));
  }
  return out.finish();
}

class salvage {
public:
  salvage(SQLite::Database& db,
          const std::function<void(std::string_view)>& write)
    : db_(db), write_(write) {}

  export_result run() {
    for (const auto& x : tables) {
      failed_ = 0;
      if (x.key == nullptr)
        read(x, 0, 0);
      else
        read_keyed(x);
    }
    return out_;
  }

private:
  void read_keyed(const table_key& x) {
    // A damaged index or the last page may hide the ends of the table.
    auto first = end_of(x, "min").value_or(0);
    auto last = end_of(x, "max").value_or(most_rows);
    if (last >= first)
      read(x, first, last);
  }

  std::optional<std::int64_t> end_of(const table_key& x, const char* function) {
    try {
      SQLite::Statement query{db_, std::string{"SELECT "} + function + "("
                                       + x.key + ") FROM " + x.table};
      if (query.executeStep() && !query.getColumn(0).isNull())
        return query.getColumn(0).getInt64();
      return std::nullopt;
    } catch (const SQLite::Exception&) {
      return std::nullopt;
    }
  }

  /// Reads the rows of a range. If that fails, continues after the last row
  /// that was read, by halves.
  void read(const table_key& x, std::int64_t first, std::int64_t last) {
    auto next = first;
    try {
      auto sql = std::string{"SELECT * FROM "} + x.table;
      if (x.key != nullptr)
        sql += std::string{" WHERE "} + x.key + " BETWEEN "
               + std::to_string(first) + " AND " + std::to_string(last)
               + " ORDER BY " + x.key;
      SQLite::Statement query{db_, sql};
      while (query.executeStep()) {
        auto line = line_of(x.table, query);
        if (x.key != nullptr)
          next = query.getColumn(x.key).getInt64() + 1;
        write_(line);
        ++out_.rows;
      }
    } catch (const SQLite::Exception&) {
      ++failed_;
      if (x.key == nullptr || next >= last || failed_ >= most_failures) {
        ++out_.unreadable_ranges;
        return;
      }
      auto middle = next + (last - next) / 2;
      read(x, next, middle);
      read(x, middle + 1, last);
    }
  }

  /// A damaged root makes every range unreadable.
  static constexpr int most_failures = 5'000;
  static constexpr std::int64_t most_rows = std::int64_t{1} << 32;

  SQLite::Database& db_;
  const std::function<void(std::string_view)>& write_;
  export_result out_;
  /// Queries of the current table.
  int failed_ = 0;
};

} // namespace

export_result
export_rows(const connection_options& file,
            const std::function<void(std::string_view line)>& write) {
  auto db = open_reader(file);
  return salvage{*db, write}.run();
}

} // namespace bridgekeeper::store
