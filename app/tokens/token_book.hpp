#pragma once

#include "app/tokens/scoped_token_file.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::app {

/// The file of scoped tokens, to be changed: locked against others who change
/// it too for as long as the object lives, and kept as it is but for what is
/// changed, comments included. A daemon that reads it meanwhile sees it before
/// or after. What fails throws `std::runtime_error` with a sentence for a
/// person.
class token_book {
public:
  /// A file that does not exist is an empty one; its directory has to exist.
  /// Waits for another process that has the lock.
  explicit token_book(const std::filesystem::path& path);
  ~token_book();
  token_book(const token_book&) = delete;
  token_book& operator=(const token_book&) = delete;

  [[nodiscard]] const std::vector<token_grant>& grants() const noexcept {
    return tokens_.grants;
  }

  /// What is wrong with the file, a line each. A daemon does not take such a
  /// file.
  [[nodiscard]] const std::vector<std::string>& errors() const noexcept {
    return tokens_.errors;
  }

  [[nodiscard]] bool has(std::string_view label) const;

  /// Adds a line and writes the file.
  void add(const token_grant& x);

  /// Removes every line of this label and writes the file; false if there is
  /// none.
  [[nodiscard]] bool remove(std::string_view label);

private:
  void write(const std::string& text);

  std::filesystem::path path_;
  int lock_ = -1;
  std::string text_;
  scoped_tokens tokens_;
};

/// What it means that there is no file of scoped tokens.
enum class missing_tokens {
  /// There are none yet.
  none,
  /// A path was mistyped, or a volume is not mounted: nobody knows which tokens
  /// there are.
  unknown,
};

/// Reads a file of scoped tokens without locking it. One that cannot be read is
/// an error of its own, and so is a missing one where that means `unknown`.
[[nodiscard]] scoped_tokens
read_scoped_tokens(const std::filesystem::path& path, missing_tokens missing);

} // namespace bridgekeeper::app
