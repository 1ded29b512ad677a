#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::app {

/// A line without its end (LF or CR LF), as printed: it may not be UTF-8.
struct output_line {
  /// The first bytes of the line, as many as the splitter keeps.
  std::string text;
  /// The length of the whole line in bytes.
  std::size_t length = 0;

  [[nodiscard]] bool is_cut() const noexcept {
    return text.size() < length;
  }
};

/// What a carriage return within a line does.
enum class carriage_return : bool {
  /// It is a part of the line.
  kept,
  /// The line begins again, as on a terminal: progress bars are painted so.
  restarts_line,
};

/// Splits a stream of bytes into lines. Of each line, at most `limit` bytes are
/// kept.
class line_splitter {
public:
  explicit line_splitter(std::size_t limit,
                         carriage_return mode = carriage_return::kept)
    : limit_(limit), mode_(mode) {}

  /// Returns the lines that `bytes` completes.
  [[nodiscard]] std::vector<output_line> feed(std::string_view bytes);

  /// Returns what follows the last line end, as a line.
  [[nodiscard]] output_line take_rest() {
    return finish_line();
  }

  /// What follows the last line end, as far as it is kept.
  [[nodiscard]] std::string_view rest() const noexcept {
    return partial_;
  }

private:
  output_line finish_line();
  std::string_view restart_line(std::string_view part);

  std::size_t limit_;
  carriage_return mode_;
  std::string partial_;
  std::size_t length_ = 0;
  bool ends_in_return_ = false;
};

} // namespace bridgekeeper::app
