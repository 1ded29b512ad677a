#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace bridgekeeper::app {

// What the scripts of shell completion know about a program. A *path* is the
// words of a command without the program's name, each after a space:
// ` token new`.

/// A word and what it means.
struct completion_word {
  std::string text;
  std::string about;
};

/// The words that may follow a path.
struct completion_place {
  std::string path;
  std::vector<completion_word> words;
};

/// A flag after a path, and the values that it takes.
struct completion_values {
  std::string path;
  std::string flag;
  std::vector<std::string> values;
};

/// One place for each path: commands, values of arguments and flags. After
/// `help`, the paths of commands go on, without flags.
[[nodiscard]] std::vector<completion_place>
completion_places(const CLI::App& program);

/// All flags that take certain values.
[[nodiscard]] std::vector<completion_values>
completion_choices(const CLI::App& program);

/// All flags of all commands whose value has this type, such as `FILE`.
[[nodiscard]] std::vector<std::string> flags_of_type(const CLI::App& program,
                                                     std::string_view type);

/// All flags of all commands that a value must follow.
[[nodiscard]] std::vector<std::string>
flags_with_value(const CLI::App& program);

} // namespace bridgekeeper::app
