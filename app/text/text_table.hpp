#pragma once

#include <string>
#include <vector>

namespace bridgekeeper::app {

/// Lines of columns under a heading, each column as wide as its widest cell in
/// characters. Cells appear `without_controls`.
class text_table {
public:
  explicit text_table(std::vector<std::string> heading);

  void add(std::vector<std::string> row);

  [[nodiscard]] bool empty() const noexcept {
    return rows_.size() == 1;
  }

  [[nodiscard]] std::string str() const;

private:
  std::vector<std::vector<std::string>> rows_;
};

} // namespace bridgekeeper::app
