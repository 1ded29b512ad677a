#pragma once

#include "actors/census.hpp"
#include "actors/counters.hpp"
#include "actors/interfaces.hpp"
#include "actors/io_actor.hpp"
#include "actors/token_table.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace bridgekeeper::actors {

/// One I/O thread in an operator's eyes.
struct thread_row {
  std::size_t index = 0;
  std::size_t connections = 0;
  std::size_t resumptions = 0;
  std::chrono::milliseconds cpu{};
};

/// What the console shows and does. Everything in it may be used from any
/// thread.
struct console_world {
  supervisor_actor supervisor;
  std::shared_ptr<census> people;
  /// One for each I/O thread; they outlive the console.
  std::vector<const counters*> counts;
  std::function<std::shared_ptr<const token_table>()> tokens;
  std::function<std::vector<thread_row>()> threads;
  std::function<bool(std::string_view)> set_log_level;
  std::chrono::steady_clock::time_point started =
      std::chrono::steady_clock::now();
};

/// See interfaces.hpp. Runs on CAF's worker pool: what it does may take time.
struct console_state {
  static inline const char* name = "console";

  using self_type = io_actor<console_state, console_actor>;

  explicit console_state(console_actor::base* self_ptr) : self(self_ptr) {}

  /// However the console ends, its sessions end with it: in a daemon that shuts
  /// down nobody else would tell them.
  ~console_state();

  caf::result<bool> on_knock(const std::string& token);
  console_session_actor on_attach(const console_terminal& terminal);

  console_actor::base* self;
  std::shared_ptr<const console_world> world;
  /// Those that have not ended.
  std::vector<console_session_actor> sessions;
};

console_actor::behavior_type
console(console_state::self_type* self,
        std::shared_ptr<const console_world> world);

} // namespace bridgekeeper::actors
