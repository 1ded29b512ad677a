#include "app/text/text_table.hpp"

#include "app/text/utf8_text.hpp"
#include "domain/utf8.hpp"

#include <algorithm>
#include <utility>

namespace bridgekeeper::app {

text_table::text_table(std::vector<std::string> heading) {
  add(std::move(heading));
}

void text_table::add(std::vector<std::string> row) {
  for (auto& cell : row)
    cell = without_controls(cell);
  rows_.push_back(std::move(row));
}

std::string text_table::str() const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < widths.size(); ++i)
      widths[i] = std::max(widths[i], count_code_points(row[i]));
  std::string out;
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      out += row[i];
      if (i + 1 < widths.size())
        out.append(widths[i] - count_code_points(row[i]) + 2, ' ');
    }
    out += '\n';
  }
  return out;
}

} // namespace bridgekeeper::app
