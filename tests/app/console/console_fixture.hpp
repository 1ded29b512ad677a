#pragma once

#include "actors/fixture.hpp"
#include "app/console/console.hpp"

#include <caf/typed_response_promise.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bridgekeeper::test {

/// The operator's terminal, as it would be seen.
struct fake_screen {
  std::vector<std::string> lines;
  /// Shows nothing more for now, as after Ctrl-S.
  bool stopped = false;
  /// How often lines were sent to it.
  std::size_t deliveries = 0;
  /// What it owes an answer, when it is stopped.
  std::vector<caf::typed_response_promise<bool>> owed;
  console_terminal::pointer shown_by = nullptr;

  /// Shows what was held up and goes on.
  void go_on();
};

/// A world with an operator: the console, and one session of it as the actor
/// under test. These two live on CAF's own scheduler, as in the daemon.
struct operator_world : world {
  operator_world();
  ~operator_world();

  /// Runs a command and returns what is printed.
  std::string command(const std::string& line);

  /// Runs a command that fails, and returns how.
  failure complaint(const std::string& line);

  /// Runs a command that may go on showing events.
  reply_ptr<std::string> begin(const std::string& line);

  /// What completes the last word of the line, with a blank after each.
  std::string completions(const std::string& line);

  /// Knocks with the token and, once let in, asks for a session.
  reply<console_session_actor> attach(const std::string& token);

  /// Tails all events, or those of one agent.
  void tail(const std::string& agent = {});

  /// The console that stands.
  [[nodiscard]] console_actor door() const;

  std::shared_ptr<fake_screen> screen = std::make_shared<fake_screen>();
  std::string log_level;
  std::shared_ptr<console::operators> present =
      std::make_shared<console::operators>();
  /// Where its audit entries go.
  std::shared_ptr<audit_backlog> audited = std::make_shared<audit_backlog>();
  /// What the store finds for a short id.
  result<std::optional<message_id>> stored = std::optional<message_id>{};
  console_terminal terminal;
  console_session_actor aut;

private:
  console_actor spawn_console(supervisor_actor by);
};

} // namespace bridgekeeper::test
