#pragma once

#include "app/config/option.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// A word that the replaced server knows, in lower case, and the nearest of
/// ours.
struct legacy_word {
  std::string_view theirs;
  std::string_view ours;
};

/// An environment variable of the server that Bridgekeeper replaces (contract
/// section 5). Weaker than the file.
struct legacy_variable {
  std::string_view name;
  /// The full name of the option that it sets.
  std::string_view option;
  /// Whether it holds one value or several with commas between them.
  bool is_list = false;
  /// Values that the option does not take.
  std::span<const legacy_word> words = {};
};

/// All of them. Several variables of one option add up in this order.
[[nodiscard]] std::span<const legacy_variable> legacy_variables() noexcept;

/// Stands in for the text of a variable that the option `x` does not take: the
/// nearest valid number or word or, for text that the replaced server does not
/// understand either and ignores, the default. Nothing if the text is valid, or
/// if no value is nearest, as for tokens and paths. Any thread.
[[nodiscard]] std::optional<std::string>
legacy_meaning(const option& x, const legacy_variable& variable,
               std::string_view text);

} // namespace bridgekeeper::app
