#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace bridgekeeper::metrics {

/// What the kernel counts of this process, as `process_*` metrics of other
/// programs show it. A figure that cannot be read is 0.
struct process_figures {
  double cpu_seconds = 0;
  /// Since the epoch.
  double start_seconds = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t resident_bytes = 0;
  std::size_t threads = 0;
  std::size_t open_descriptors = 0;
  /// The soft limit.
  std::uint64_t max_descriptors = 0;
};

/// Reads /proc, which may take milliseconds if many descriptors are open, so
/// not on an I/O thread.
[[nodiscard]] process_figures read_process_figures();

/// The figures in the text of /proc/PID/stat (proc(5)), for a machine that was
/// booted at `boot_seconds` since the epoch. Empty if the text is not valid.
[[nodiscard]] std::optional<process_figures>
parse_process_stat(std::string_view text, double boot_seconds);

} // namespace bridgekeeper::metrics
