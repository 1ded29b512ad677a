#pragma once

#include "app/config/config_options.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace bridgekeeper::app {

/// A value as a flag or the environment gives it: text, whatever it means.
struct plain_text {
  std::string text;
};

/// Something no option takes: a date, a table, a list of mixed things.
struct foreign_value {};

/// What a source has to say about one option, before it is checked. All but
/// `plain_text` come typed from the file.
using option_value =
    std::variant<foreign_value, plain_text, bool, std::int64_t, double,
                 std::string, std::vector<std::string>>;

/// Checks `value` and puts it where `target` belongs. Otherwise leaves `out`
/// alone and returns what was found and what was expected, in words; of the
/// section [auth] only the latter, because it may be a secret.
[[nodiscard]] std::optional<std::string>
assign(const option& target, config& out, const option_value& value);

/// Without the white space at both ends.
[[nodiscard]] std::string_view trim(std::string_view x) noexcept;

/// The trimmed parts of `text`, without empty ones.
[[nodiscard]] std::vector<std::string> split_at_commas(std::string_view text);

} // namespace bridgekeeper::app
