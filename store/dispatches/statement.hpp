#pragma once

#include "domain/ids.hpp"
#include "domain/micro_usd.hpp"
#include "domain/timestamp.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

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
/// copy, so they must outlive the execution, up to the last `step`. Numbers
/// stay bound and are bound again only when they change, because most numbers
/// in a dispatch's row equal those in the row before. Throws
/// `SQLite::Exception`. Not thread-safe, like the connection.
class statement {
public:
  statement(SQLite::Database& db, const std::string& sql)
    : inner_(db, sql),
      bound_(static_cast<std::size_t>(inner_.getBindParameterCount())) {}

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
    if (is_open_)
      done();
    is_open_ = true;
    auto i = 0;
    (bind(++i, xs), ...);
    return *this;
  }

  /// Moves to the next row. After the last one, releases the statement and
  /// returns false.
  [[nodiscard]] bool step();

  /// Releases the statement before the last row.
  void done() noexcept {
    // A reset reports the error of the execution before it once more.
    std::ignore = inner_.tryReset();
    is_open_ = false;
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
  /// What is bound; `other` are texts, blobs, and what failed to be bound.
  struct parameter {
    enum class kind_type : std::uint8_t { null, number, other };

    friend bool operator==(const parameter&, const parameter&) = default;

    /// Parameters are null at first.
    kind_type kind = kind_type::null;
    std::int64_t number = 0;
  };

  static const parameter other;

  template <class T>
  void bind(int i, const T& x) {
    if constexpr (std::is_enum_v<T>)
      bind_number(i, static_cast<std::int64_t>(
                         static_cast<std::underlying_type_t<T>>(x)));
    else
      bind_number(i, static_cast<std::int64_t>(x));
  }

  template <class T>
  void bind(int i, const std::optional<T>& x) {
    if (x)
      bind(i, *x);
    else
      bind_null(i);
  }

  void bind(int i, std::nullptr_t) {
    bind_null(i);
  }

  void bind(int i, const std::string& x) {
    bind_text(i, x);
  }

  template <class Tag>
  void bind(int i, const strong_id<Tag>& x) {
    bind_text(i, x.str());
  }

  void bind(int i, timestamp x) {
    bind_number(i, static_cast<std::int64_t>(x.time_since_epoch().count()));
  }

  void bind(int i, micro_usd x) {
    bind_number(i, x.count());
  }

  void bind(int i, const text_or_null& x) {
    if (x.text.empty())
      bind_null(i);
    else
      bind_text(i, x.text);
  }

  void bind(int i, const stored_id& x);
  void bind(int i, const blob& x);

  void bind_number(int i, std::int64_t x);
  void bind_null(int i);
  void bind_text(int i, const std::string& x);

  [[nodiscard]] parameter& at(int i) {
    return bound_[static_cast<std::size_t>(i - 1)];
  }

  SQLite::Statement inner_;
  std::vector<parameter> bound_;
  /// Started, and not released since.
  bool is_open_ = false;
};

/// The value of a query with one row and one column; 0 if there is none.
[[nodiscard]] std::int64_t number_of(SQLite::Database& db, const char* sql);

} // namespace bridgekeeper::store
