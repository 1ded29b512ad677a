#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace bridgekeeper::app {

using texts = std::vector<std::string>;

/// A value from a flag or the environment: text, whatever it means.
struct plain_text {
  std::string text;
};

/// A value of a type that no option takes: a date, a table, a mixed list.
struct foreign_value {};

/// What a source says about one option, before it is checked. `plain_text`
/// comes from flags and variables, all other types from the file.
using option_value = std::variant<foreign_value, plain_text, bool, std::int64_t,
                                  double, std::string, texts>;

/// The text of `value`, whichever source it comes from, or null.
[[nodiscard]] const std::string* text_of(const option_value& value) noexcept;

/// A boolean or, in plain text, one of the usual words for one.
[[nodiscard]] std::optional<bool> read_switch(const option_value& value);

/// A list, one text, or plain text with commas between the items.
[[nodiscard]] std::optional<texts> read_list(const option_value& value);

/// The value for a message to a person: escaped and, if it is long, cut.
[[nodiscard]] std::string describe(const option_value& value);

/// Quoted and escaped as in TOML.
[[nodiscard]] std::string quote(std::string_view text);

/// The items with `separator` between them.
[[nodiscard]] std::string join(const texts& items, std::string_view separator);

/// Whether `any` is the word `lowered`, in any case.
[[nodiscard]] bool is_same_word(std::string_view lowered,
                                std::string_view any) noexcept;

/// The trimmed parts of `text`, without empty ones.
[[nodiscard]] texts split_at_commas(std::string_view text);

} // namespace bridgekeeper::app
