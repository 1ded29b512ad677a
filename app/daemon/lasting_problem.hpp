#pragma once

#include <string>
#include <utility>

namespace bridgekeeper::app {

/// Something that may stay wrong for hours and is looked at twice a second: it
/// is told when it begins, when it changes and when it is over.
class lasting_problem {
public:
  /// Whether `text` is news. Empty: nothing is wrong.
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
