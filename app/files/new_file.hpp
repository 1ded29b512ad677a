#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// A file that is written once, readable by its owner only, and that never
/// replaces another. Stays as it is if it is not finished. One thread; blocks.
class new_file {
public:
  /// Creates the file. Throws `std::runtime_error` with a sentence for the user
  /// if that fails, or if anything has that name.
  explicit new_file(std::string path);
  ~new_file();
  new_file(const new_file&) = delete;
  new_file& operator=(const new_file&) = delete;

  /// Throws `std::runtime_error` if the file cannot be written.
  void write(std::string_view text);

  /// Moves everything to the disk. Throws `std::runtime_error`.
  void finish();

private:
  [[noreturn]] void fail() const;

  std::string path_;
  std::FILE* file_ = nullptr;
};

} // namespace bridgekeeper::app
