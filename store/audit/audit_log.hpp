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
  /// A line that would make the file larger begins another; the one before is
  /// called `path.1` then, and the oldest kept `path.<backup_count>`. As in
  /// Python's RotatingFileHandler, 0 for either means: never.
  std::uint64_t max_bytes = 100 * 1024 * 1024;
  std::size_t backup_count = 10;
};

/// The file that audit lines are appended to, each chained to the one before,
/// across rotations and restarts. Used by one thread at a time; blocks while it
/// writes. A line is in the kernel's hands when `append` returns: it survives
/// the process, not a power cut.
class audit_log {
public:
  /// Hears, in a sentence, that lines cannot be written, and that they can be
  /// again; once each.
  using herald = std::function<void(const std::string&)>;

  /// Makes the file (mode 0600) and its directory where missing. Throws
  /// `std::runtime_error` if the file cannot be had, or another process has it.
  audit_log(audit_log_options options, herald tell);

  audit_log(const audit_log&) = delete;
  audit_log& operator=(const audit_log&) = delete;
  ~audit_log();

  /// Writes a line, whole or not at all. One that cannot be written is counted,
  /// and the next that can be comes with the count (`audit_gap`).
  void append(const audit_entry& x);

  /// Entries that never came here, to be told of with the next line.
  void count_missing(std::uint64_t entries, const std::string& reason);

  /// Writes what there is to say of missing entries, if anything.
  void settle(timestamp now);

  /// Entries that are missing and not told of yet.
  [[nodiscard]] std::uint64_t missing() const noexcept;

private:
  /// What is to be written at once, and the hash it ends with.
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
  /// Removes the last bytes, of a line that could not be written whole.
  void take_back(std::size_t bytes);
  void report_trouble(const std::string& what);

  audit_log_options options_;
  herald tell_;
  int file_ = -1;
  std::uint64_t size_ = 0;
  audit_tail tail_;
  std::map<std::string, std::uint64_t> missing_;
  bool in_trouble_ = false;
  bool cannot_rotate_ = false;
};

} // namespace bridgekeeper::store
