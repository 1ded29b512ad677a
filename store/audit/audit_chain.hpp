#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::store {

/// Something to be said of one line.
struct audit_remark {
  std::string file;
  /// From 1.
  std::uint64_t line = 0;
  std::string text;
};

/// `audit.log:57: what there is to say`.
[[nodiscard]] std::string to_string(const audit_remark& x);

/// What verifying a chain found.
struct audit_findings {
  /// Lines that are what they were when they were written, and in their place.
  std::uint64_t lines = 0;
  /// The first line that is not. Nothing behind it was looked at.
  std::optional<audit_remark> broken;
  /// What the log says of itself: lines that a crash cut short, and entries
  /// that are missing. The first hundred.
  std::vector<audit_remark> remarks;
  /// What could not be checked, in sentences.
  std::vector<std::string> unchecked;
  /// Of the last good line; empty if there is none.
  std::string last_hash;
};

/// Checks the chain line by line, without keeping lines. Used by one thread.
class audit_chain {
public:
  /// The lines that follow are those of this file. Files come oldest first.
  void begin_file(std::string name);

  /// A line, without its newline; `ended` says whether it had one. Whether the
  /// chain holds so far.
  bool add(std::string_view line, bool ended);

  /// A line that is longer than any the log writes.
  void add_endless();

  /// What was found. No line comes after this.
  [[nodiscard]] audit_findings finish();

private:
  [[nodiscard]] bool check(std::string_view line);
  void refuse(std::string why);
  void remark(std::uint64_t line, std::string text);

  audit_findings out_;
  std::string file_;
  std::uint64_t number_ = 0;
  std::string first_file_;
  std::string first_prev_;
  /// A line that is none; the next may say that a crash was to blame.
  std::optional<std::string> torn_;
  audit_remark torn_place_;
};

/// Reads the files, oldest first, in pieces. Throws `std::system_error` for one
/// that cannot be read.
[[nodiscard]] audit_findings
verify_audit_files(std::span<const std::string> files);

} // namespace bridgekeeper::store
