#pragma once

#include "actors/access/token_table.hpp"
#include "app/config/config.hpp"
#include "app/tokens/token_book.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace bridgekeeper::app {

/// Where the daemon's tokens come from: the environment, and two files, plain
/// tokens and scoped ones, which are read again when they have changed. Main
/// thread.
class token_source {
public:
  /// `made` is the data directory's own token, where one was made.
  token_source(const config& values, std::optional<std::string> made);

  struct outcome {
    std::shared_ptr<const actors::token_table> table;
    /// What is wrong with the file of scoped tokens, a line each; also that
    /// there is none where one was named, or was read before. Then the table
    /// has those that the file had when it was last right.
    std::vector<std::string> errors;
  };

  /// Everything read anew.
  [[nodiscard]] outcome load();

  /// Other places to read from. Of scoped tokens, those that were read last
  /// count for as long as the new file is not right.
  void change(const config& values, std::optional<std::string> made);

  /// Whether a file is another than `load` saw, and the same as at the last
  /// call: one that is just being written is left alone, so that nobody loses
  /// a link over a file that was half there.
  [[nodiscard]] bool changed();

private:
  /// Size, time of change and inode: an edit changes at least one, a change of
  /// owner or mode too.
  using fingerprint = std::tuple<std::int64_t, std::int64_t, std::uint64_t>;
  using sight = std::vector<std::optional<fingerprint>>;

  [[nodiscard]] std::vector<std::string> read_plain() const;
  [[nodiscard]] sight look() const;

  config::auth_section section_;
  std::filesystem::path scoped_path_;
  /// Once a file was read, a missing one is no revocation.
  missing_tokens missing_;
  std::optional<std::string> made_;
  std::vector<actors::token_grant> scoped_;
  sight loaded_;
  sight seen_;
};

} // namespace bridgekeeper::app
