#pragma once

#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// An entry for systemd's journal in its native protocol
/// (https://systemd.io/JOURNAL_NATIVE_PROTOCOL).
class journal_entry {
public:
  /// Adds a field. `name` consists of capital letters, digits and underscores;
  /// `value` may be anything.
  void add(std::string_view name, std::string_view value);

  [[nodiscard]] const std::string& text() const noexcept {
    return text_;
  }

private:
  std::string text_;
};

} // namespace bridgekeeper::app
