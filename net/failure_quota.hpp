#pragma once

#include "domain/keyed_hash.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace bridgekeeper::net {

struct failure_rule {
  std::chrono::milliseconds window{60'000};
  /// Refusals of one address that are written one by one in `window`.
  std::size_t lines_per_address = 20;
  /// The same of all addresses; as many addresses are remembered at most.
  std::size_t lines = 1'000;
  /// Addresses that are told of by name when the window is over. What others
  /// had too many is told in one number.
  std::size_t summaries = 100;
};

/// Decides which refusals are audited or logged one by one, and counts the
/// others, so that peers without a token cannot push evidence out of a log, or
/// fill the disk. Windows
/// follow one another for all addresses alike; one begins with the first
/// refusal after the one before. Knows no clock. Thread-safe, and one for each
/// log of the daemon, because all its threads write to it.
class failure_quota {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// How many refusals of an address were held back in one window.
  struct summary {
    /// As `counted_address` has it; empty for the console.
    std::string address;
    /// The last one's. Both are empty in the number of all who are not told of
    /// by name, which comes last.
    std::string gate;
    std::string reason;
    std::uint64_t suppressed = 0;
  };

  explicit failure_quota(failure_rule rule = {}) : rule_(rule) {}

  /// Whether this refusal gets a line of its own; else it is counted. Begins a
  /// window where none is open, so `collect` comes first.
  [[nodiscard]] bool admit(const std::string& ip, std::string_view gate,
                           std::string_view reason, time_point now);

  /// What is to be told of a window that is over by `now`: each window is told
  /// once. Nothing where nothing was held back.
  [[nodiscard]] std::vector<summary> collect(time_point now);

  /// The same, and the window is over in any case.
  [[nodiscard]] std::vector<summary> collect_all();

  /// How many addresses are remembered.
  [[nodiscard]] std::size_t addresses() const;

private:
  struct count {
    std::size_t lines = 0;
    summary held_back;
  };

  [[nodiscard]] std::vector<summary> close_window();

  const failure_rule rule_;
  mutable std::mutex mutex_;
  /// When the window is over; nothing where none is open.
  std::optional<time_point> end_;
  std::size_t lines_ = 0;
  std::unordered_map<std::string, count, keyed_string_hash> counts_;
  /// Refusals of addresses that are not remembered.
  std::uint64_t of_others_ = 0;
};

} // namespace bridgekeeper::net
