#pragma once

#include "domain/keyed_hash.hpp"
#include "store/dispatches/statement.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <SQLiteCpp/Database.h>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace bridgekeeper::store {

/// The row numbers of agents or sessions by their ids. Unknown ids get a row.
/// Writer thread.
class numbered {
public:
  enum class kind_type : std::uint8_t { agents, sessions };

  numbered(SQLite::Database& db, kind_type kind);

  /// The row of this id. Adds one if there is none.
  std::int64_t of(const std::string& id, timestamp now);

  /// Nothing if the id has no row.
  [[nodiscard]] std::optional<std::int64_t> find(const std::string& id);

  /// Rows may have been removed or not been committed.
  void forget() {
    known_.clear();
  }

private:
  /// About 1 MiB.
  static constexpr std::size_t most = 10'000;

  /// Ids of agents are text even if they look like UUIDs.
  [[nodiscard]] bool are_texts() const noexcept {
    return kind_ == kind_type::agents;
  }

  void remember(const std::string& id, std::int64_t number);

  kind_type kind_;
  statement find_;
  statement add_;
  SQLite::Database& db_;
  boost::unordered_flat_map<std::string, std::int64_t, keyed_string_hash>
      known_;
};

} // namespace bridgekeeper::store
