#pragma once

#include "store/audit/audit_chain.hpp"
#include "store/audit/audit_log.hpp"

#include <string>
#include <vector>

namespace bridgekeeper::test {

/// A directory with an audit log in it, for as long as the object lives.
class scratch_log {
public:
  scratch_log();
  ~scratch_log();
  scratch_log(const scratch_log&) = delete;
  scratch_log& operator=(const scratch_log&) = delete;

  std::string path;
  /// What the log told its herald.
  std::vector<std::string> told;

  [[nodiscard]] store::audit_log open(std::uint64_t max_bytes = 0,
                                      std::size_t backup_count = 0);

  /// Opens it, writes entries `from` to `to`, and closes it.
  void write(int from, int to, std::uint64_t max_bytes = 0,
             std::size_t backup_count = 0);

  /// `path`, or with a number one of its backups.
  [[nodiscard]] std::string name(std::size_t backup = 0) const;

  /// The lines of a file, without their newlines.
  [[nodiscard]] std::vector<std::string> lines(std::size_t backup = 0) const;

  [[nodiscard]] std::string text(std::size_t backup = 0) const;
  void overwrite(const std::string& text, std::size_t backup = 0) const;

  /// Checks these backups, in this order.
  [[nodiscard]] store::audit_findings
  verify(const std::vector<std::size_t>& backups = {0}) const;

private:
  std::string directory_;
};

/// An entry that can be told from others.
[[nodiscard]] store::audit_entry numbered(int number);

/// What is wrong with the chain, or "whole".
[[nodiscard]] std::string verdict(const store::audit_findings& x);

} // namespace bridgekeeper::test
