#pragma once

#include "app/adapters/line_splitter.hpp"
#include "app/adapters/progress_line.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// Turns text into progress, line by line, without blank lines. One thread.
class plain_progress {
public:
  /// `held_start` is a character: if the first line begins with it, the line is
  /// held back, because it may be a report, until more output arrives or the
  /// command ends; 0 for none. If `stream` is not empty, it becomes a member of
  /// the metadata of each line; it must outlive this object.
  explicit plain_progress(char held_start = 0, std::string_view stream = {})
    : held_start_(held_start), stream_(stream) {}

  /// Appends the lines that `bytes` complete. `on_line_end` is called for each,
  /// also for blank ones.
  void feed(std::string_view bytes, progress_lines& out,
            const std::function<void(std::string_view)>& on_line_end = {});

  /// Appends the line that has not ended, unless that has been shown: a prompt,
  /// or the state of a progress bar. Called when nothing has been printed for a
  /// moment.
  void show_unfinished(progress_lines& out);

  /// Appends the line that was held back, if there is one.
  void show_held(progress_lines& out);

  /// What follows the last line end.
  [[nodiscard]] std::string_view rest() const noexcept {
    return lines_.rest();
  }

  void drop_held() {
    held_.reset();
  }

private:
  /// The bytes that are kept of a line. Escape sequences do not count towards
  /// the bound of progress, so it is more than that.
  static constexpr std::size_t max_line = 4 * max_progress_text;

  void on_line(output_line line, progress_lines& out);

  void show(std::string_view text, std::size_t length,
            progress_lines& out) const;

  char held_start_;
  std::string_view stream_;
  line_splitter lines_{max_line, carriage_return::restarts_line};
  bool first_line_seen_ = false;
  std::optional<output_line> held_;
  /// The unfinished line that was shown last.
  std::string shown_;
};

} // namespace bridgekeeper::app
