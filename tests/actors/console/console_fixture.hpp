#pragma once

#include "actors/console/console.hpp"
#include "actors/fixture.hpp"

#include <memory>
#include <string>
#include <vector>

namespace bridgekeeper::test {

/// A world with an operator: the console, and one session of it as the actor
/// under test. These two live on CAF's own scheduler, as in the daemon.
struct operator_world : started_world {
  operator_world();
  ~operator_world();

  /// Runs a command and returns what is printed.
  std::string command(const std::string& line);

  /// Asks the console for a session.
  reply<console_session_actor> attach(const std::string& token);

  /// The lines of a live tail.
  std::shared_ptr<std::vector<std::string>> lines =
      std::make_shared<std::vector<std::string>>();
  std::string log_level;
  console_terminal terminal;
  console_actor door;
  console_session_actor aut;
};

} // namespace bridgekeeper::test
