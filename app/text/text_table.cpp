#include "app/text/text_table.hpp"

#include <algorithm>
#include <utility>

namespace bridgekeeper::app {

std::string without_controls(std::string text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    auto next =
        i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    // C1 controls are U+0080 to U+009F: two bytes, of which the first is C2.
    if (c == 0xC2 && next >= 0x80 && next < 0xA0)
      text.replace(i, 2, "?");
    else if (c < 0x20 || c == 0x7F)
      text[i] = '?';
  }
  return text;
}

text_table::text_table(std::vector<std::string> heading) {
  add(std::move(heading));
}

void text_table::add(std::vector<std::string> row) {
  for (auto& cell : row)
    cell = without_controls(std::move(cell));
  rows_.push_back(std::move(row));
}

std::string text_table::str() const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < widths.size(); ++i)
      widths[i] = std::max(widths[i], row[i].size());
  std::string out;
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      out += row[i];
      if (i + 1 < widths.size())
        out.append(widths[i] - row[i].size() + 2, ' ');
    }
    out += '\n';
  }
  return out;
}

} // namespace bridgekeeper::app
