#pragma once

#include "app/processes/process_table.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

namespace bridgekeeper::app {

/// The marks of processes, so that each environment is read once. The
/// environment of a process that executes a program just now is empty, and that
/// of one that has only been forked is its parent's. Therefore, a young process
/// without a mark is looked at again.
class mark_cache {
public:
  /// The age, in clock ticks (usually 10 ms each), at which a process without a
  /// mark is no longer looked at again.
  static constexpr std::uint64_t settled_age = 500;

  /// Reads the mark of a process; empty if it has none.
  using reader = std::function<std::string(pid_t)>;

  explicit mark_cache(reader read);

  /// Returns the mark of a process; `now` is the time in clock ticks since the
  /// machine's start. The reference is valid until the next call of `keep_only`
  /// or of this function for the same process.
  [[nodiscard]] const std::string& mark_of(const process_key& process,
                                           std::uint64_t now);

  /// Forgets the processes that are not in the table.
  void keep_only(const process_table& table);

  void clear() noexcept {
    marks_.clear();
  }

  [[nodiscard]] std::size_t size() const noexcept {
    return marks_.size();
  }

private:
  struct entry {
    std::string mark;
    bool is_final = false;
  };

  reader read_;
  std::unordered_map<process_key, entry, process_key_hash> marks_;
};

} // namespace bridgekeeper::app
