#pragma once

#include <string>
#include <vector>

namespace bridgekeeper::app {

/// Replaces control characters with `?`, so that text from a peer cannot
/// control a terminal.
[[nodiscard]] std::string without_controls(std::string text);

/// A table with a heading, as printed by the console. Each column is as wide as
/// its widest cell, and control characters are replaced.
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
