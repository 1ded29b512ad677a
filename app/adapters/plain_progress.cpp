#include "app/adapters/plain_progress.hpp"

#include "domain/trimmed.hpp"

#include <utility>

namespace bridgekeeper::app {

void plain_progress::feed(
    std::string_view bytes, progress_lines& out,
    const std::function<void(std::string_view)>& on_line_end) {
  for (auto& line : lines_.feed(bytes)) {
    if (on_line_end)
      on_line_end(line.text);
    on_line(std::move(line), out);
  }
}

void plain_progress::show_unfinished(progress_lines& out) {
  auto rest = lines_.rest();
  if (rest == shown_ || looks_like_json(rest)
      || (!first_line_seen_ && held_start_ != 0
          && trimmed(rest).starts_with(held_start_)))
    return;
  shown_ = rest;
  show_held(out);
  show(rest, rest.size(), out);
}

void plain_progress::show_held(progress_lines& out) {
  if (auto line = std::exchange(held_, std::nullopt))
    show(line->text, line->length, out);
}

void plain_progress::on_line(output_line line, progress_lines& out) {
  auto was_shown = std::exchange(shown_, {}) == line.text;
  auto words = trimmed(line.text);
  if (words.empty())
    return;
  if (!std::exchange(first_line_seen_, true) && held_start_ != 0
      && words.starts_with(held_start_)) {
    held_ = std::move(line);
    return;
  }
  show_held(out);
  if (!was_shown)
    show(line.text, line.length, out);
}

void plain_progress::show(std::string_view text, std::size_t length,
                          progress_lines& out) const {
  if (stream_.empty())
    add_progress(out, text, {}, length);
  else
    add_progress(out, text, {{"stream", stream_}}, length);
}

} // namespace bridgekeeper::app
