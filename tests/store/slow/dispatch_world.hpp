#pragma once

#include "domain/dispatch_life.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bridgekeeper::test::modelled {

using state = dispatch_state;

/// A message, an operation or an effect, by its kind; the numbers' meaning
/// depends on it.
struct item {
  char kind = 0;
  int a = 0;
  int b = 0;
  int c = 0;
};

using queue = std::vector<item>;

/// What the daemon has in memory.
struct memory {
  int link = 0;
  int instance = 0;
  int on_wire = 0;
  bool is_awaiting = false;
  queue operations;
  queue effects;
};

/// One dispatch, and all that has to do with it.
struct world {
  std::optional<dispatch_life> row;
  int row_instance = 0;
  std::optional<memory> daemon = memory{1, 1, 0, false, {}, {}};
  int instance = 1;
  int link = 1;
  /// By attempt: 'r' running, 'd' done.
  std::map<int, char> runs;
  queue to_bridge;
  queue to_daemon;
  bool has_asked = false;
  bool has_200 = false;
  char seen = 0;
  int ends = 0;
  /// The result of an attempt has ended another one.
  bool is_mixed_up = false;
  std::vector<int> executions;
  int crashes = 2;
  int drops = 1;
  int deaths = 1;
  int cancels = 1;
  int timeouts = 1;
  int last_link = 1;
};

/// Equal for equal worlds only.
[[nodiscard]] std::string key_of(const world& x);

// -- promises -----------------------------------------------------------------

/// How clients are shown an end.
[[nodiscard]] char letter_of(state x);

/// The promise that is broken in this world; empty if none is.
[[nodiscard]] std::string broken_promise(const world& x);

/// Whether nothing is owed to the client.
[[nodiscard]] bool is_goal(const world& x);

} // namespace bridgekeeper::test::modelled
