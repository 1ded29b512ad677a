#pragma once

#include "app/config/config_options.hpp"
#include "app/files/environment.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bridgekeeper::app {

/// All places a value can come from.
struct config_sources {
  /// The values of the command line, by the option's full name.
  std::map<std::string, std::string, std::less<>> flags;
  environment_map variables;
  /// The file of `--config`; otherwise BRIDGEKEEPER_CONFIG may name one.
  std::optional<std::string> file;
};

struct load_outcome {
  /// Meaningless if there are errors.
  config values;
  /// Where each value comes from, in the order of `options()`: `default`,
  /// `conf/x.toml:12`, `environment BRIDGEKEEPER_LOG_LEVEL`, `flag --listen`.
  std::vector<std::string> origins;
  /// All mistakes, not only the first. Each names its place, and none repeats a
  /// token that was put in the wrong one.
  std::vector<std::string> errors;
  /// Settings that are allowed, but probably not meant.
  std::vector<std::string> warnings;

  [[nodiscard]] bool ok() const noexcept {
    return errors.empty();
  }
};

/// Builds the configuration. The strongest source of each option wins: flags,
/// then BRIDGEKEEPER_ variables, then the file, then the VIBEFORGE_ variables
/// of contract section 5, then the default. Weaker sources are checked, too. An
/// empty variable counts as unset. Reads the file and the token files; throws
/// no exceptions of its own.
[[nodiscard]] load_outcome load_config(const config_sources& sources);

/// The errors for a person, one a line, and what to do next.
[[nodiscard]] std::string error_text(const load_outcome& x);

} // namespace bridgekeeper::app
