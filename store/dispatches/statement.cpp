#include "store/dispatches/statement.hpp"

#include "store/dispatches/uuid_bytes.hpp"

#include <SQLiteCpp/Column.h>
#include <chrono>

namespace bridgekeeper::store {

const statement::parameter statement::other{parameter::kind_type::other};

bool statement::step() {
  auto has_row = inner_.executeStep();
  // A statement that is not reset keeps its read transaction open, and the
  // transaction keeps the WAL from being reused.
  if (!has_row) {
    inner_.reset();
    is_open_ = false;
  }
  return has_row;
}

void statement::bind_number(int i, std::int64_t x) {
  parameter wanted{parameter::kind_type::number, x};
  if (at(i) == wanted)
    return;
  at(i) = other;
  inner_.bind(i, x);
  at(i) = wanted;
}

void statement::bind_null(int i) {
  if (at(i) == parameter{})
    return;
  at(i) = other;
  inner_.bind(i);
  at(i) = {};
}

void statement::bind_text(int i, const std::string& x) {
  at(i) = other;
  inner_.bindNoCopy(i, x);
}

void statement::bind(int i, const stored_id& x) {
  auto bytes = to_uuid(x.text);
  if (!bytes)
    return bind_text(i, x.text);
  at(i) = other;
  inner_.bind(i, static_cast<const void*>(bytes->data()),
              static_cast<int>(bytes->size()));
}

void statement::bind(int i, const blob& x) {
  at(i) = other;
  inner_.bindNoCopy(i, static_cast<const void*>(x.bytes.data()),
                    static_cast<int>(x.bytes.size()));
}

bool statement::is_null(int column) {
  return inner_.getColumn(column).isNull();
}

std::int64_t statement::number(int column) {
  return inner_.getColumn(column).getInt64();
}

std::optional<std::int64_t> statement::maybe_number(int column) {
  auto value = inner_.getColumn(column);
  if (value.isNull())
    return std::nullopt;
  return value.getInt64();
}

timestamp statement::time(int column) {
  return timestamp{std::chrono::microseconds{number(column)}};
}

std::optional<timestamp> statement::maybe_time(int column) {
  if (auto us = maybe_number(column))
    return timestamp{std::chrono::microseconds{*us}};
  return std::nullopt;
}

std::string statement::text(int column) {
  return inner_.getColumn(column).getString();
}

std::string statement::id(int column) {
  auto value = inner_.getColumn(column);
  auto is_blob = value.isBlob();
  auto bytes = value.getString();
  auto is_uuid = is_blob && bytes.size() == uuid_bytes{}.size();
  return is_uuid ? to_uuid_text(bytes) : bytes;
}

std::int64_t number_of(SQLite::Database& db, const char* sql) {
  statement query{db, sql};
  auto out = query.start().step() ? query.number(0) : 0;
  query.done();
  return out;
}

} // namespace bridgekeeper::store
