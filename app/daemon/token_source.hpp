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

/// The sources of the daemon's tokens: the configuration, a file of plain
/// tokens and a file of scoped tokens. The files are read again after they have
/// changed, and at every tick while reading them fails. Main thread.
class token_source {
public:
  /// `made` is the token of the data directory, if it has one.
  token_source(const config& values, std::optional<std::string> made);

  struct outcome {
    /// If a file cannot be used, the table has the tokens from its last valid
    /// version.
    std::shared_ptr<const token_table> table;
    /// The errors in the file of scoped tokens, one per line. A missing file is
    /// an error if it was configured or has been read before.
    std::vector<std::string> errors;
    /// Why the plain token file could not be read; empty if it could.
    std::string unread;

    [[nodiscard]] bool is_right() const noexcept {
      return errors.empty() && unread.empty();
    }
  };

  /// Reads all sources again.
  [[nodiscard]] outcome load();

  /// Changes the sources. While a new file of scoped tokens is invalid, the
  /// scoped tokens that were read last stay valid. Plain tokens stay valid only
  /// if the path of their file is unchanged.
  void change(const config& values, std::optional<std::string> made);

  /// Whether the tokens should be loaded again: a file has changed since
  /// `load`, or `load` could not read it. A file that is being written is
  /// ignored, so that a half-written file does not close any link. Must be
  /// called at every tick.
  [[nodiscard]] bool changed();

private:
  void load_scoped(outcome& out);
  void load_plain(outcome& out);

  void hold(const config& values, std::optional<std::string> made);

  /// `auth.token_file`, or empty.
  std::string plain_path_;
  std::filesystem::path scoped_path_;
  /// Once the file has been read, a missing file is an error and does not
  /// revoke its tokens.
  missing_tokens missing_;
  /// The tokens of the configuration and of the data directory, if it has one.
  /// Only their hashes are kept.
  std::vector<token_grant> configured_;
  std::vector<token_grant> scoped_;
  /// The tokens of `auth.token_file`.
  std::vector<token_grant> plain_;
  file_watch scoped_file_;
  file_watch plain_file_;
};

} // namespace bridgekeeper::app
