#include "protocol/json_writer.hpp"
#include "store/dispatches/maintenance.hpp"
#include "store/dispatches/statement.hpp"
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

/// A table, what a row of it is called, and the column by which ranges of its
/// rows are selected.
struct exported_table {
  const char* table;
  const char* kind;
  const char* key;
};

constexpr std::array exported_tables{
    exported_table{"meta", "meta", nullptr},
    exported_table{"starts", "start", "epoch"},
    exported_table{"agents", "agent", "n"},
    exported_table{"sessions", "session", "n"},
    exported_table{"days", "day", "day"},
    exported_table{"dispatches", "dispatch", "n"},
    exported_table{"tasks", "task", "n"},
    exported_table{"results", "result", "dispatch"},
    exported_table{"changes", "change", "dispatch"},
    exported_table{"events", "event", "n"},
    exported_table{"idempotency", "idempotency_key", nullptr},
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

std::string line_of(const char* kind, SQLite::Statement& row) {
  protocol::json_writer out;
  out.string("kind", kind);
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
    for (const auto& x : exported_tables) {
      failed_ = 0;
      if (x.key == nullptr)
        read(x, 0, 0);
      else
        read_keyed(x);
    }
    return out_;
  }

private:
  void read_keyed(const exported_table& x) {
    // A damaged index or the last page may hide the ends of the table.
    auto first = end_of(x, "min").value_or(0);
    auto last = end_of(x, "max").value_or(most_rows);
    if (last >= first)
      read(x, first, last);
  }

  std::optional<std::int64_t> end_of(const exported_table& x,
                                     const char* function) {
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
  void read(const exported_table& x, std::int64_t first, std::int64_t last) {
    auto next = first;
    try {
      auto sql = std::string{"SELECT * FROM "} + x.table;
      if (x.key != nullptr)
        sql += std::string{" WHERE "} + x.key + " BETWEEN "
               + std::to_string(first) + " AND " + std::to_string(last)
               + " ORDER BY " + x.key;
      SQLite::Statement query{db_, sql};
      while (query.executeStep()) {
        auto line = line_of(x.kind, query);
        if (x.key != nullptr)
          next = query.getColumn(x.key).getInt64() + 1;
        write_(line);
        ++out_.rows;
      }
    } catch (const SQLite::Exception&) {
      ++failed_;
      if (x.key == nullptr || next >= last || failed_ >= most_failures) {
        lose(x, next, last);
        return;
      }
      auto middle = next + (last - next) / 2;
      read(x, next, middle);
      read(x, middle + 1, last);
    }
  }

  /// A damaged root makes every range unreadable.
  /// Ranges are read in their order, so neighbours are lost one after another.
  void lose(const exported_table& x, std::int64_t first, std::int64_t last) {
    if (x.key != nullptr)
      // A table whose rows share a key has more of the last one's.
      first = std::min(first, last);
    auto* before = out_.lost.empty() ? nullptr : &out_.lost.back();
    if (before != nullptr && before->table == x.table && x.key != nullptr
        && before->last + 1 >= first)
      before->last = last;
    else
      out_.lost.push_back({x.table, first, x.key != nullptr ? last : -1});
  }

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
  auto db = open_existing(file);
  std::int64_t schema = 0;
  try {
    schema = number_of(*db, "PRAGMA user_version");
  } catch (const SQLite::Exception&) {
    // Its page is damaged; the other pages may not be.
  }
  write(protocol::json_writer{}
            .string("kind", "store")
            .number("schema", schema)
            .finish());
  return salvage{*db, write}.run();
}

} // namespace bridgekeeper::store
