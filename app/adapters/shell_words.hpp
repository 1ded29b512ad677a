#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::app {

/// One word of a shell command.
struct shell_word {
  /// The word without its quotes. Variables are not expanded.
  std::string text;
  /// Where the word begins and ends in the command.
  std::size_t begin;
  std::size_t end;
};

/// Splits a *simple* command into its words: one program with its arguments,
/// optionally after assignments. Returns nothing for everything else that a
/// POSIX shell accepts (pipes, lists, redirections, command substitution,
/// comments, compound commands), for unbalanced quotes and for no words at all.
[[nodiscard]] std::optional<std::vector<shell_word>>
split_simple_command(std::string_view command);

/// Whether the word sets a variable: `NAME=value`.
[[nodiscard]] bool is_assignment(std::string_view word) noexcept;

/// Quotes `text` so that a POSIX shell reads it as one word, unchanged. `text`
/// must not contain null characters.
[[nodiscard]] std::string shell_quoted(std::string_view text);

} // namespace bridgekeeper::app
