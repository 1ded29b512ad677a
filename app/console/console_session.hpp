#pragma once

#include "actors/interfaces.hpp"
#include "actors/io_actor.hpp"
#include "app/console/console.hpp"
#include "app/console/terms.hpp"

#include <caf/typed_response_promise.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace bridgekeeper::console {

/// See interfaces.hpp. Answers the operator's commands by asking other actors,
/// and keeps no data of its own. Runs on CAF's worker pool.
struct console_session_state {
  static inline const char* name = "console-session";

  using self_type = io_actor<console_session_state, console_session_actor>;
  using words = std::vector<std::string>;
  using answer = caf::typed_response_promise<std::string>;

  explicit console_session_state(console_session_actor::base* self_ptr)
    : self(self_ptr) {}

  /// Ends the tail.
  ~console_session_state();

  console_session_actor::behavior_type make_behavior();

  caf::result<std::string> on_command(const std::string& line);
  void on_tail(const std::string& agent);
  void on_untail();

  // -- commands ---------------------------------------------------------------

  void show_actors(const words& arguments, answer to);
  void show_agents(const words& arguments, answer to);
  void show_agent(const words& arguments, answer to);
  void explain(const words& arguments, answer to);
  /// The ids of agents and of unfinished dispatches, one a line, for the
  /// completion of a console's prompt. Not listed by `help`.
  void show_ids(const words& arguments, answer to);
  void show_pending(const words& arguments, answer to);
  void show_threads(const words& arguments, answer to);
  void show_stats(const words& arguments, answer to);
  void evict(const words& arguments, answer to);
  template <agent_duty duty>
  void change_duty(const words& arguments, answer to);
  void kill_actor(const words& arguments, answer to);
  void set_log_level(const words& arguments, answer to);
  void show_help(const words& arguments, answer to);

  // -- data -------------------------------------------------------------------

  console_session_actor::base* self;
  std::shared_ptr<const console_world> world;
  console_terminal terminal;
  /// Null if there is no tail.
  console_tail_actor tail;

private:
  struct id_round;

  /// Adds the ids of what the agents work on.
  void add_pending_ids(const registry_actor& registry,
                       const std::shared_ptr<id_round>& round);
  /// Calls `next` with the current core actors, or fails the command.
  template <class Next>
  void with_core(answer to, Next next);
};

console_session_actor::behavior_type
console_session(console_session_state::self_type* self,
                std::shared_ptr<const console_world> world,
                console_terminal terminal);

} // namespace bridgekeeper::console
