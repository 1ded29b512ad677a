#pragma once

#include "app/client/exit_code.hpp"
#include "store/dispatches/connection.hpp"

#include <string>

namespace bridgekeeper::app {

/// The store that a command works on. Its file exists.
struct chosen_store {
  std::string data_dir;
  store::connection_options file;
};

// The `store` commands. They print what they have done, and failures that are
// their own; they throw what the store throws. Main thread.

[[nodiscard]] exit_code check(const chosen_store& chosen);

/// An empty `output` stands for standard output.
[[nodiscard]] exit_code export_lines(const chosen_store& chosen,
                                     const std::string& output);

// If a daemon uses the store, the next three ask it, with the token in
// `token_file`, or if that is empty, the token that `find_token` finds.

[[nodiscard]] exit_code back_up(const chosen_store& chosen,
                                const std::string& name,
                                const std::string& token_file);

[[nodiscard]] exit_code vacuum(const chosen_store& chosen,
                               const std::string& token_file);

/// Erases the dispatch or, if its id is empty, the agent.
[[nodiscard]] exit_code erase(const chosen_store& chosen,
                              const std::string& dispatch,
                              const std::string& agent,
                              const std::string& token_file);

[[nodiscard]] exit_code show_statistics(const chosen_store& chosen,
                                        bool as_json);

} // namespace bridgekeeper::app
