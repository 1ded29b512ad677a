#pragma once

#include <string>
#include <vector>

namespace CLI {
class Option;
class Validator;
} // namespace CLI

namespace bridgekeeper::app {

// The values that an option takes belong to its definition: as `CLI::IsMember`,
// or as `choices` if something else checks them. CLI11 appends them to the name
// of the option's type, `LEVEL:{high,low}`; help texts mention them in words
// instead, and shell completion offers them.

/// For the option's `check`. Accepts every text.
[[nodiscard]] CLI::Validator choices(const std::vector<std::string>& values);

/// The same, for values with commas between them: `text, json`.
[[nodiscard]] CLI::Validator choices(const std::string& values);

/// The values of the option; empty if it has none.
[[nodiscard]] std::vector<std::string> choices_of(const CLI::Option& x);

/// The name of the option's type without its values: `LEVEL`.
[[nodiscard]] std::string type_of(const CLI::Option& x);

} // namespace bridgekeeper::app
