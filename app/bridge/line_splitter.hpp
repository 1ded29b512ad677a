#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::app {

/// Splits a stream of bytes into lines of limited length.
class line_splitter {
public:
  static constexpr std::size_t default_limit = 8 * 1024;

  explicit line_splitter(std::size_t limit = default_limit) : limit_(limit) {}

  /// Returns the lines that `bytes` completes, without line ends (LF or CR LF),
  /// as valid UTF-8 of at most `limit` bytes. Longer lines are cut and end in
  /// an ellipsis.
  [[nodiscard]] std::vector<std::string> feed(std::string_view bytes);

private:
  std::string finish_line();

  std::size_t limit_;
  std::string partial_;
};

} // namespace bridgekeeper::app
