#include "actors/text_table.hpp"

#include <algorithm>
#include <utility>

namespace bridgekeeper::actors {

text_table::text_table(std::vector<std::string> heading) {
  add(std::move(heading));
}

void text_table::add(std::vector<std::string> row) {
  for (auto& cell : row)
    std::replace_if(
        cell.begin(), cell.end(),
        [](char c) {
          return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
        },
        '?');
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

} // namespace bridgekeeper::actors
