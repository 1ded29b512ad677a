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

/// A JSON text that is produced in slices, so that a long one never exists as a
/// whole. Consists of finished text, and of strings that are escaped only when
/// they are reached.
class json_slices {
public:
  /// `keep` owns the strings and is held until the last slice has been
  /// produced.
  explicit json_slices(std::shared_ptr<const void> keep = {})
    : keep_(std::move(keep)) {}

  /// Adds text that is already JSON.
  void add(std::string finished) {
    pieces_.emplace_back(std::move(finished));
  }

  /// Adds `text` as a JSON string. Invalid UTF-8 becomes U+FFFD.
  void add_string(std::string_view text) {
    pieces_.emplace_back(text);
  }

  /// The next slice of about `size` bytes; finished text is not split. Returns
  /// nothing after the last slice.
  [[nodiscard]] std::optional<std::string> next(std::size_t size);

  /// Everything that remains, in one piece.
  [[nodiscard]] std::string rest();

private:
  /// Escapes up to `size` bytes from the front of the current string.
  void escape_some(std::string& out, std::string_view text, std::size_t size);

  std::shared_ptr<const void> keep_;
  std::vector<std::variant<std::string, std::string_view>> pieces_;
  std::size_t at_ = 0;
  /// How many bytes of the current string have been escaped.
  std::size_t done_ = 0;
};

} // namespace bridgekeeper::protocol
