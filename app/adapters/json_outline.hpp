#pragma once

#include "domain/limits.hpp"

#include <cstddef>
#include <string_view>

namespace bridgekeeper::app {

/// Follows the brackets and strings of a JSON document that arrives line by
/// line, without keeping it.
class json_outline {
public:
  /// Takes the next line. Must not be called after the document is complete or
  /// broken.
  void feed(std::string_view line) noexcept;

  /// Whether all objects and arrays have been closed.
  [[nodiscard]] bool is_complete() const noexcept {
    return depth_ == 0 && !is_broken_;
  }

  /// Whether the lines cannot be the beginning of a document of at most
  /// `max_json_depth` levels. In valid JSON, no string continues on the next
  /// line.
  [[nodiscard]] bool is_broken() const noexcept {
    return is_broken_;
  }

  /// Whether the last line ended within a string, as a line does that was not
  /// written to its end.
  [[nodiscard]] bool ends_in_string() const noexcept {
    return ends_in_string_;
  }

private:
  std::size_t depth_ = 0;
  bool is_broken_ = false;
  bool ends_in_string_ = false;
};

} // namespace bridgekeeper::app
