#pragma once

#include "store/audit/audit_line.hpp"
#include "store/audit/audit_tail.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace bridgekeeper::store {

struct audit_log_options {
  std::string path;
  /// A line that would exceed this size starts a new file. The previous one
  /// becomes `path.1`, and the oldest one kept is `path.<backup_count>`. As in
  /// Python's RotatingFileHandler, the file is never rotated if either setting
  /// is 0.
  std::uint64_t max_bytes = 100 * 1024 * 1024;
  std::size_t backup_count = 10;
};

/// The file to which audit lines are appended, each chained to the previous
/// one, across rotations and restarts. Used by one thread at a time; blocks
/// while it writes. When `append` returns, the kernel has the line: it survives
/// a crash of the process, but not a power failure.
class audit_log {
public:
  /// Told in a sentence when lines cannot be written, and when they can be
  /// written again; once each.
  using notifier = std::function<void(const std::string&)>;

  /// Creates the file (mode 0600) and its directory if they are missing. Throws
  /// `std::runtime_error` if the file cannot be opened or another process uses
  /// it.
  audit_log(audit_log_options options, notifier tell);

  audit_log(const audit_log&) = delete;
  audit_log& operator=(const audit_log&) = delete;
  ~audit_log();

  /// Writes a line completely or not at all. Lines that cannot be written are
  /// counted, and the count precedes the next line that can be (`audit_gap`).
  void append(const audit_entry& x);

  /// Counts entries that never reached this log, to be recorded with the next
  /// line.
  void count_missing(std::uint64_t entries, const std::string& reason);

  /// Records the missing entries, if there are any.
  void settle(timestamp now);

  /// The number of missing entries that have not been recorded yet.
  [[nodiscard]] std::uint64_t missing() const noexcept;

private:
  /// Lines to be written together, and the hash of the last one.
  struct batch {
    std::string text;
    std::string hash;
    void add(const audit_entry& x);
  };

  [[nodiscard]] batch begin_batch(timestamp now) const;
  [[nodiscard]] bool commit(const batch& x);
  [[nodiscard]] bool write_all(std::string_view text);
  [[nodiscard]] bool is_in_place();
  [[nodiscard]] bool has_room_for(std::size_t bytes) const noexcept;
  void open_file();
  void close_file() noexcept;
  void rotate();
  /// Removes the last bytes of the file, which belong to an incomplete line.
  void take_back(std::size_t bytes);
  void report_trouble(const std::string& what);

  audit_log_options options_;
  notifier tell_;
  int file_ = -1;
  std::uint64_t size_ = 0;
  audit_tail tail_;
  std::map<std::string, std::uint64_t> missing_;
  bool in_trouble_ = false;
  bool cannot_rotate_ = false;
};

} // namespace bridgekeeper::store
