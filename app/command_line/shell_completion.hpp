#pragma once

#include <string>

namespace CLI {
class App;
}

namespace bridgekeeper::app {

/// A script that completes the commands and flags of `program`, and the names
/// of files and directories after flags that take them. `bridgekeeper-bridge`
/// is completed like `bridgekeeper bridge`.
[[nodiscard]] std::string bash_completion(const CLI::App& program);
[[nodiscard]] std::string zsh_completion(const CLI::App& program);

} // namespace bridgekeeper::app
