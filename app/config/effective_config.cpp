#include "app/config/effective_config.hpp"

#include "app/config/option_text.hpp"

#include <algorithm>

namespace bridgekeeper::app {

std::string effective_config(const load_outcome& x) {
  constexpr std::size_t origin_column = 48;
  std::string out;
  std::string_view section;
  for (std::size_t i = 0; i < options().size(); ++i) {
    const auto& row = options()[i];
    if (row.section != section) {
      out.append(section.empty() ? "[" : "\n[").append(row.section) += "]\n";
      section = row.section;
    }
    std::string line{row.key};
    if (auto value = to_toml(row, x.values))
      line += " = " + *value;
    else
      line = "# " + line + ": " + to_plain(row, x.values);
    line.resize(std::max(line.size() + 1, origin_column), ' ');
    out += line + "# " + x.origins[i] + "\n";
  }
  return out;
}

} // namespace bridgekeeper::app
