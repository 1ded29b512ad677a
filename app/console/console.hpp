#pragma once

#include "actors/audit_sink.hpp"
#include "actors/doorkeeper.hpp"
#include "actors/interfaces.hpp"
#include "actors/io_actor.hpp"
#include "app/console/operators.hpp"
#include "app/console/terms.hpp"
#include "domain/access/attempt_throttle.hpp"
#include "domain/access/token_table.hpp"
#include "domain/actor_statistics.hpp"
#include "domain/counters.hpp"
#include "domain/decision_log.hpp"
#include "domain/failure_quota.hpp"
#include "domain/ids.hpp"
#include "domain/result.hpp"
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

/// One I/O thread, as shown to operators.
struct thread_row {
  std::size_t index = 0;
  std::size_t connections = 0;
  std::size_t resumptions = 0;
  std::chrono::milliseconds cpu{};
};

/// Memory of the daemon that a setting limits.
struct memory_row {
  std::string what;
  /// Unset: the owner has not answered in time.
  std::optional<std::size_t> bytes;
  /// Unset: there is no such limit.
  std::optional<std::size_t> limit;
};

/// The parts of the daemon that the console shows and controls. All members may
/// be used from any thread.
struct console_world {
  /// Returns the current supervisor.
  std::function<supervisor_actor()> supervisor;
  std::shared_ptr<actor_statistics> actor_stats;
  audit_sink audit;
  /// One for each I/O thread. They outlive the console.
  std::vector<const counters*> counts;
  std::function<std::shared_ptr<const token_table>()> tokens;
  std::shared_ptr<attempt_throttle> throttle =
      std::make_shared<attempt_throttle>();
  std::shared_ptr<failure_quota> log_lines = std::make_shared<failure_quota>();
  std::shared_ptr<decision_log> decisions = std::make_shared<decision_log>();
  /// Starts an actor that answers one question of `explain`.
  std::function<explainer_actor()> make_explainer;
  std::function<std::vector<thread_row>()> threads;
  std::function<bool(std::string_view)> set_log_level;
  /// May wait for an I/O thread, for half a second at most.
  std::function<std::vector<memory_row>()> memory;
  /// Returns the stored dispatch whose id starts or ends with this text, or
  /// nothing if there is none, or no store. Fails if there are several, or the
  /// store does not answer. Waits for the store, for a second at most.
  std::function<result<std::optional<message_id>>(const std::string&)>
      find_stored;
  std::shared_ptr<operators> present = std::make_shared<operators>();
  /// A terminal that does not confirm its lines for this long has stopped.
  std::chrono::milliseconds stall_timeout{30'000};
  std::chrono::steady_clock::time_point started =
      std::chrono::steady_clock::now();
};

/// The console's interface with one INTERNAL message: a delayed token is due to
/// be checked.
using console_inside =
    console_actor::extend<caf::reacts_to<due_atom, std::uint64_t>>;

/// See interfaces.hpp. Runs on CAF's worker pool, because its work may take
/// time.
struct console_state {
  static inline const char* name = "console";

  using self_type = io_actor<console_state, console_inside>;
  using answer = caf::typed_response_promise<std::string>;

  explicit console_state(console_inside::base* self_ptr) : self(self_ptr) {}

  /// Ends all sessions. No other actor would tell them when the daemon shuts
  /// down.
  ~console_state();

  caf::result<std::string> on_handshake(const std::string& token);
  /// Returns the label of an accepted token, or why it is rejected.
  result<std::string> judge(const std::string& token);
  void on_due(std::uint64_t number);
  console_session_actor on_attach(const console_terminal& terminal);

  console_inside::base* self;
  std::shared_ptr<const console_world> world;
  struct held_handshake {
    net::secret_text token;
    answer to;
  };

  /// Tokens whose check is delayed after failed attempts.
  std::map<std::uint64_t, held_handshake> held;
  std::uint64_t handshakes = 0;
  /// The sessions that have not ended.
  std::vector<console_session_actor> sessions;

private:
  /// The checks of a token presented now.
  [[nodiscard]] actors::doorkeeper<const console_world>
  gate(const origin& from) const;
};

console_inside::behavior_type
console(console_state::self_type* self,
        std::shared_ptr<const console_world> world);

} // namespace bridgekeeper::console
