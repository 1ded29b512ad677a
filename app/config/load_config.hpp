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
  /// What was given on the command line, by the option's full name.
  std::map<std::string, std::string, std::less<>> flags;
  environment variables;
  /// The file of `--config`. Without it, that of BRIDGEKEEPER_CONFIG, or none.
  std::optional<std::string> file;
};

struct load_outcome {
  /// Meaningless where there are errors.
  config values;
  /// Where each value comes from, in the order of `options()`: `default`,
  /// `conf/x.toml:12`, `environment BRIDGEKEEPER_LOG_LEVEL`, `flag --listen`.
  std::vector<std::string> origins;
  /// Every mistake found, not just the first; each names its place, and none
  /// repeats a token that was put in the wrong one.
  std::vector<std::string> errors;
  /// What is allowed and probably not meant.
  std::vector<std::string> warnings;

  [[nodiscard]] bool ok() const noexcept {
    return errors.empty();
  }
};

/// Builds the configuration. The stronger source wins, option by option:
/// flags, then BRIDGEKEEPER_ variables, then the file, then the VIBEFORGE_
/// variables of contract section 5, then the default. A weaker source is
/// checked even where a stronger one wins. An empty variable counts as unset.
/// Reads the file and looks at the token file; throws nothing of its own.
[[nodiscard]] load_outcome load_config(const config_sources& sources);

/// The errors as text for a person, a line each, with what to do next.
[[nodiscard]] std::string error_text(const load_outcome& x);

} // namespace bridgekeeper::app
