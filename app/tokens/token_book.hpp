#pragma once

#include "app/tokens/scoped_token_file.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::app {

/// Changes the file of scoped tokens. The file is locked against other writers
/// for the lifetime of this object. Unchanged lines and comments are preserved.
/// A daemon that reads the file at the same time sees either the old or the new
/// version. Errors throw `std::runtime_error` with a sentence for the user.
class token_book {
public:
  /// A missing file is treated as empty, but its directory must exist. Waits
  /// for the lock.
  explicit token_book(const std::filesystem::path& path);
  ~token_book();
  token_book(const token_book&) = delete;
  token_book& operator=(const token_book&) = delete;

  [[nodiscard]] const std::vector<token_grant>& grants() const noexcept {
    return tokens_.grants;
  }

  /// The errors in the file, one per line. A daemon rejects a file with errors.
  [[nodiscard]] const std::vector<std::string>& errors() const noexcept {
    return tokens_.errors;
  }

  [[nodiscard]] bool has(std::string_view label) const;

  /// Adds a line and writes the file.
  void add(const token_grant& x);

  /// Removes all lines with this label and writes the file. Returns false if
  /// there are none.
  [[nodiscard]] bool remove(std::string_view label);

private:
  void write(const std::string& text);

  std::filesystem::path path_;
  int lock_ = -1;
  std::string text_;
  scoped_tokens tokens_;
};

/// How to treat a missing file of scoped tokens.
enum class missing_tokens {
  /// No tokens have been created yet.
  none,
  /// The tokens are unknown, for example because the path is wrong or because a
  /// volume is not mounted.
  unknown,
};

/// Reads a file of scoped tokens without locking it. An unreadable file is an
/// error, and so is a missing file if `missing` is `unknown`.
[[nodiscard]] scoped_tokens
read_scoped_tokens(const std::filesystem::path& path, missing_tokens missing);

} // namespace bridgekeeper::app
