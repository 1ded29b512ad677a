#pragma once

#include "store/dispatches/operations.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace bridgekeeper::store {

/// The sessions of dispatches that were inserted lately, as row numbers, so
/// that an end need not read the row of its dispatch. Writer thread.
class recent_sessions {
public:
  /// More than are usually unfinished at once. 16 KiB.
  static constexpr std::size_t size = 1'024;

  void remember(dispatch_number number, std::int64_t session) noexcept {
    place_of(number) = {number, session};
  }

  /// Nothing if the dispatch is not among the recent ones.
  [[nodiscard]] std::optional<std::int64_t>
  find(dispatch_number number) noexcept {
    const auto& x = place_of(number);
    return x.number == number ? std::optional{x.session} : std::nullopt;
  }

  /// Rows may have been removed or not been committed.
  void forget() noexcept {
    entries_.fill({});
  }

private:
  /// Numbers of dispatches begin with 1.
  struct entry {
    dispatch_number number{};
    std::int64_t session = 0;
  };

  [[nodiscard]] entry& place_of(dispatch_number number) noexcept {
    return entries_[static_cast<std::size_t>(number) % size];
  }

  std::array<entry, size> entries_{};
};

} // namespace bridgekeeper::store
