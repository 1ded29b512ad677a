#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace bridgekeeper::protocol {

/// A JSON text that is made slice by slice, so that a long one never exists as
/// a whole. Put together from finished text, and from strings that are escaped
/// only when their turn comes.
class json_slices {
public:
  /// `keep` is held until the last slice is made: what the strings are part of.
  explicit json_slices(std::shared_ptr<const void> keep = {})
    : keep_(std::move(keep)) {}

  /// Adds text that is JSON already.
  void add(std::string finished) {
    pieces_.emplace_back(std::move(finished));
  }

  /// Adds `text` as a JSON string. UTF-8; bytes that are not become U+FFFD.
  void add_string(std::string_view text) {
    pieces_.emplace_back(text);
  }

  /// The next slice, of about `size` bytes of what was added; a finished text
  /// stays in one piece. Nothing after the last.
  [[nodiscard]] std::optional<std::string> next(std::size_t size);

  /// All that is left, in one piece.
  [[nodiscard]] std::string rest();

private:
  /// Appends the front of the string at hand, up to `size` bytes of it.
  void escape_some(std::string& out, std::string_view text, std::size_t size);

  std::shared_ptr<const void> keep_;
  std::vector<std::variant<std::string, std::string_view>> pieces_;
  std::size_t at_ = 0;
  /// How much of the string at hand is done.
  std::size_t done_ = 0;
};

} // namespace bridgekeeper::protocol
