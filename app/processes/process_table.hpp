#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace bridgekeeper::app {

/// A process that cannot be mistaken for a later one with the same number.
struct process_key {
  pid_t pid = 0;
  /// Clock ticks from the machine's start to the start of the process (field 22
  /// of /proc/PID/stat).
  std::uint64_t start = 0;

  friend bool operator==(const process_key&, const process_key&) = default;
};

struct process_key_hash {
  [[nodiscard]] std::size_t operator()(const process_key& x) const noexcept {
    return std::hash<std::uint64_t>{}(static_cast<std::uint64_t>(x.pid)
                                      ^ (x.start << 22U));
  }
};

using process_set = std::unordered_set<process_key, process_key_hash>;

/// One process, as /proc/PID/stat shows it.
struct process_entry {
  process_key key;
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  /// The process has ended and waits for its parent to take note.
  bool zombie = false;
};

/// The processes of the machine (or of the container) at one moment.
class process_table {
public:
  process_table() = default;

  explicit process_table(std::vector<process_entry> entries);

  /// Reads `/proc`, or a directory like it. Costs one small file per process.
  /// Blocks for a moment. Processes that end meanwhile are left out.
  [[nodiscard]] static process_table read(const std::string& proc = "/proc");

  [[nodiscard]] const std::vector<process_entry>& entries() const& noexcept {
    return entries_;
  }

  // A loop over the entries of a temporary table would read freed memory.
  const std::vector<process_entry>& entries() && = delete;

  /// Returns null if there is no such process.
  [[nodiscard]] const process_entry* find(pid_t pid) const noexcept;

private:
  std::vector<process_entry> entries_;
  std::unordered_map<pid_t, std::size_t> index_;
};

/// Understands the text of /proc/PID/stat. The name of a program may contain
/// spaces and parentheses.
[[nodiscard]] std::optional<process_entry> parse_stat(std::string_view text);

/// One process; nothing if it does not exist.
[[nodiscard]] std::optional<process_entry>
find_process(pid_t pid, const std::string& proc = "/proc");

/// The time in clock ticks since the machine's start, like the start times of
/// processes.
[[nodiscard]] std::uint64_t ticks_since_boot();

/// The value of an environment variable at the start of a process of the same
/// user; empty if it is not set or if it may not be read.
[[nodiscard]] std::string initial_variable(pid_t pid, std::string_view name,
                                           const std::string& proc = "/proc");

} // namespace bridgekeeper::app
