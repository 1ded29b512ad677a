#pragma once

#include "actors/audit_desk.hpp"
#include "actors/interfaces.hpp"
#include "actors/io_actor.hpp"
#include "app/console/terms.hpp"
#include "domain/access/attempt_throttle.hpp"
#include "domain/access/token_table.hpp"
#include "domain/census.hpp"
#include "domain/counters.hpp"
#include "net/failure_quota.hpp"
#include "net/secret_text.hpp"

#include <caf/typed_response_promise.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper::console {

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
  /// The supervisor that stands now.
  std::function<supervisor_actor()> supervisor;
  std::shared_ptr<census> people;
  audit_desk audit;
  /// One for each I/O thread; they outlive the console.
  std::vector<const counters*> counts;
  std::function<std::shared_ptr<const token_table>()> tokens;
  std::shared_ptr<attempt_throttle> throttle =
      std::make_shared<attempt_throttle>();
  std::shared_ptr<net::failure_quota> log_lines =
      std::make_shared<net::failure_quota>();
  std::function<std::vector<thread_row>()> threads;
  std::function<bool(std::string_view)> set_log_level;
  /// A terminal that shows nothing of what it was sent for so long has stopped.
  std::chrono::milliseconds stall_timeout{30'000};
  std::chrono::steady_clock::time_point started =
      std::chrono::steady_clock::now();
};

/// What the console is told besides what operators say: a token may be looked
/// at now.
using console_inside =
    console_actor::extend<caf::reacts_to<due_atom, std::uint64_t>>;

/// See interfaces.hpp. Runs on CAF's worker pool: what it does may take time.
struct console_state {
  static inline const char* name = "console";

  using self_type = io_actor<console_state, console_inside>;
  using answer = caf::typed_response_promise<bool>;

  explicit console_state(console_inside::base* self_ptr) : self(self_ptr) {}

  /// However the console ends, its sessions end with it: in a daemon that shuts
  /// down nobody else would tell them.
  ~console_state();

  caf::result<bool> on_knock(const std::string& token);
  /// Nothing where the token lets an operator in.
  std::optional<failure> judge(const std::string& token);
  void on_due(std::uint64_t number);
  console_session_actor on_attach(const console_terminal& terminal);

  console_inside::base* self;
  std::shared_ptr<const console_world> world;
  struct held_knock {
    net::secret_text token;
    answer to;
  };

  /// Tokens that may not be looked at yet.
  std::map<std::uint64_t, held_knock> held;
  std::uint64_t knocks = 0;
  /// Those that have not ended.
  std::vector<console_session_actor> sessions;
};

console_inside::behavior_type
console(console_state::self_type* self,
        std::shared_ptr<const console_world> world);

} // namespace bridgekeeper::console
