#pragma once

#include "domain/ids.hpp"
#include "domain/micro_usd.hpp"
#include "domain/timestamp.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>

namespace bridgekeeper::store {

/// An id as the store keeps it: see `uuid_bytes`.
struct stored_id {
  const std::string& text;
};

/// Text that is stored as null if it is empty.
struct text_or_null {
  const std::string& text;
};

/// Bytes, as opposed to text.
struct blob {
  const std::string& bytes;
};

/// A prepared statement that is executed many times. Texts are bound without a
/// copy, so they must outlive the execution, up to the last `step`. Throws
/// `SQLite::Exception`. Not thread-safe, like the connection.
class statement {
public:
  statement(SQLite::Database& db, const std::string& sql) : inner_(db, sql) {}

  /// Binds all parameters, executes, and returns the number of changed rows.
  template <class... Ts>
  int run(const Ts&... xs) {
    start(xs...);
    while (step())
      ;
    return inner_.getChanges();
  }

  /// Binds all parameters. Read the rows with `step`.
  template <class... Ts>
  statement& start(const Ts&... xs) {
    // A reset reports the error of the execution before it once more.
    std::ignore = inner_.tryReset();
    auto i = 0;
    (bind(++i, xs), ...);
    return *this;
  }

  /// Moves to the next row. After the last one, releases the statement and
  /// returns false.
  [[nodiscard]] bool step();

  /// Releases the statement before the last row.
  void done() noexcept {
    std::ignore = inner_.tryReset();
  }

  // -- the current row --------------------------------------------------------

  [[nodiscard]] bool is_null(int column);
  [[nodiscard]] std::int64_t number(int column);
  [[nodiscard]] std::optional<std::int64_t> maybe_number(int column);
  [[nodiscard]] timestamp time(int column);
  [[nodiscard]] std::optional<timestamp> maybe_time(int column);
  /// Empty if the value is null.
  [[nodiscard]] std::string text(int column);
  /// The text of an id that was bound as `stored_id`.
  [[nodiscard]] std::string id(int column);

private:
  template <class T>
  void bind(int i, const T& x) {
    if constexpr (std::is_enum_v<T>)
      inner_.bind(i, static_cast<std::int64_t>(
                         static_cast<std::underlying_type_t<T>>(x)));
    else
      inner_.bind(i, static_cast<std::int64_t>(x));
  }

  template <class T>
  void bind(int i, const std::optional<T>& x) {
    if (x)
      bind(i, *x);
    else
      inner_.bind(i);
  }

  void bind(int i, std::nullptr_t) {
    inner_.bind(i);
  }

  void bind(int i, const std::string& x) {
    inner_.bindNoCopy(i, x);
  }

  template <class Tag>
  void bind(int i, const strong_id<Tag>& x) {
    inner_.bindNoCopy(i, x.str());
  }

  void bind(int i, timestamp x) {
    inner_.bind(i, static_cast<std::int64_t>(x.time_since_epoch().count()));
  }

  void bind(int i, micro_usd x) {
    inner_.bind(i, x.count());
  }

  void bind(int i, const text_or_null& x) {
    if (x.text.empty())
      inner_.bind(i);
    else
      inner_.bindNoCopy(i, x.text);
  }

  void bind(int i, const stored_id& x);
  void bind(int i, const blob& x);

  SQLite::Statement inner_;
};

/// The value of a query with one row and one column; 0 if there is none.
[[nodiscard]] std::int64_t number_of(SQLite::Database& db, const char* sql);

} // namespace bridgekeeper::store
