#include "app/adapters/line_splitter.hpp"

#include <algorithm>
#include <utility>

namespace bridgekeeper::app {

std::vector<output_line> line_splitter::feed(std::string_view bytes) {
  std::vector<output_line> out;
  while (!bytes.empty()) {
    auto end = std::min(bytes.find('\n'), bytes.size());
    auto part = bytes.substr(0, end);
    if (mode_ == carriage_return::restarts_line)
      part = restart_line(part);
    partial_ += part.substr(0, limit_ - std::min(limit_, partial_.size()));
    length_ += part.size();
    if (!part.empty())
      ends_in_return_ = part.ends_with('\r');
    if (end < bytes.size())
      out.push_back(finish_line());
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  return out;
}

/// Drops what was painted before the last return that something follows.
std::string_view line_splitter::restart_line(std::string_view part) {
  auto last = part.find_last_not_of('\r');
  if (last == std::string_view::npos)
    return part;
  auto begin = part.substr(0, last).find_last_of('\r');
  if (begin == std::string_view::npos && !ends_in_return_)
    return part;
  partial_.clear();
  length_ = 0;
  return begin == std::string_view::npos ? part : part.substr(begin + 1);
}

output_line line_splitter::finish_line() {
  output_line out{std::exchange(partial_, {}), std::exchange(length_, 0)};
  if (std::exchange(ends_in_return_, false)) {
    // Only the last one belongs to the end of the line.
    if (!out.is_cut())
      out.text.pop_back();
    --out.length;
  }
  return out;
}

} // namespace bridgekeeper::app
