#pragma once

#include "app/config/config.hpp"
#include "app/daemon/file_watch.hpp"
#include "app/tokens/token_book.hpp"
#include "domain/access/token_table.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bridgekeeper::app {

/// Where the daemon's tokens come from: the environment, and two files, plain
/// tokens and scoped ones, which are read again when they have changed, and at
/// every tick while that fails. Main thread.
class token_source {
public:
  /// `made` is the data directory's own token, where one was made.
  token_source(const config& values, std::optional<std::string> made);

  struct outcome {
    /// Of a file that cannot be used, the table has the tokens that it had when
    /// it was last right.
    std::shared_ptr<const token_table> table;
    /// What is wrong with the file of scoped tokens, a line each; also that
    /// there is none where one was named, or was read before.
    std::vector<std::string> errors;
    /// Why the plain token file could not be read, in a sentence; or empty.
    std::string unread;

    [[nodiscard]] bool is_right() const noexcept {
      return errors.empty() && unread.empty();
    }
  };

  /// Everything read anew.
  [[nodiscard]] outcome load();

  /// Other places to read from. Of scoped tokens, those that were read last
  /// count for as long as the new file is not right; so do plain ones.
  void change(const config& values, std::optional<std::string> made);

  /// To be called at every tick: whether a file is another than `load` read, or
  /// `load` could not read it. A file that is just being written is left alone,
  /// so that nobody loses a link over a file that was half there.
  [[nodiscard]] bool changed();

private:
  void load_scoped(outcome& out);
  void load_plain(outcome& out);

  void hold(const config& values, std::optional<std::string> made);

  /// `auth.token_file`, or empty.
  std::string plain_path_;
  std::filesystem::path scoped_path_;
  /// Once a file was read, a missing one is no revocation.
  missing_tokens missing_;
  /// Of the configuration and, where there is one, the data directory's own.
  /// The tokens themselves are not kept.
  std::vector<token_grant> configured_;
  std::vector<token_grant> scoped_;
  /// Of `auth.token_file`.
  std::vector<token_grant> plain_;
  file_watch scoped_file_;
  file_watch plain_file_;
};

} // namespace bridgekeeper::app
