#pragma once

#include <string>
#include <utility>

namespace bridgekeeper::app {

/// A problem that may last for hours and is checked twice a second. Only its
/// beginning, its changes and its end should be logged.
class lasting_problem {
public:
  /// Sets the problem, or clears it with an empty text. Returns whether it has
  /// changed.
  [[nodiscard]] bool becomes(std::string text) {
    return std::exchange(text_, text) != text;
  }

  [[nodiscard]] const std::string& text() const noexcept {
    return text_;
  }

private:
  std::string text_;
};

} // namespace bridgekeeper::app
