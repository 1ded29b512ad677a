#include "app/bridge/line_splitter.hpp"

#include "app/text/utf8_text.hpp"
#include "domain/utf8.hpp"

#include <algorithm>

namespace bridgekeeper::app {

namespace {

constexpr std::string_view ellipsis = "\xE2\x80\xA6";

} // namespace

std::vector<std::string> line_splitter::feed(std::string_view bytes) {
  std::vector<std::string> out;
  while (!bytes.empty()) {
    auto end = std::min(bytes.find('\n'), bytes.size());
    // Keep two bytes more than the limit: one shows that the line was longer,
    // and one may be a carriage return.
    auto room = limit_ + 2 - partial_.size();
    partial_ += bytes.substr(0, std::min(end, room));
    if (end < bytes.size())
      out.push_back(finish_line());
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  return out;
}

std::string line_splitter::finish_line() {
  if (partial_.ends_with('\r'))
    partial_.pop_back();
  auto line = repair_utf8(partial_);
  partial_.clear();
  if (line.size() > limit_) {
    line = cut_utf8(line, limit_ - ellipsis.size());
    line += ellipsis;
  }
  return line;
}

} // namespace bridgekeeper::app
