#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::store {

/// A remark about one line of a file.
struct audit_remark {
  std::string file;
  /// Counted from 1.
  std::uint64_t line = 0;
  std::string text;
};

/// Formats as `audit.log:57: the text of the remark`.
[[nodiscard]] std::string to_string(const audit_remark& x);

/// The result of verifying a chain.
struct audit_findings {
  /// Number of unchanged lines in their original places.
  std::uint64_t lines = 0;
  /// The first line that was changed or moved. Verification stops there.
  std::optional<audit_remark> broken;
  /// What the log itself records: lines cut short by a crash, and missing
  /// entries. At most one hundred.
  std::vector<audit_remark> remarks;
  /// Sentences that say what could not be checked.
  std::vector<std::string> unchecked;
  /// The hash of the last valid line; empty if there is none.
  std::string last_hash;
};

/// Verifies a chain line by line without storing the lines. Used by one thread.
class audit_chain {
public:
  /// Starts the next file. Files must be passed oldest first.
  void begin_file(std::string name);

  /// Checks a line without its newline; `ended` says whether it had one.
  /// Returns whether the chain is intact so far.
  bool add(std::string_view line, bool ended);

  /// Reports a line that is longer than any that the log writes.
  void add_endless();

  /// Returns the findings. No lines may be added afterwards.
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
  /// An incomplete line; the next line may say that a crash was the cause.
  std::optional<std::string> torn_;
  audit_remark torn_place_;
};

/// Reads the files in pieces, oldest first. Throws `std::system_error` if a
/// file cannot be read.
[[nodiscard]] audit_findings
verify_audit_files(std::span<const std::string> files);

} // namespace bridgekeeper::store
