#pragma once

#include "actors/interfaces.hpp"
#include "actors/io_actor.hpp"
#include "app/console/console.hpp"
#include "app/console/terms.hpp"
#include "domain/agent_duty.hpp"
#include "domain/ids.hpp"
#include "domain/origin.hpp"
#include "domain/stream_name.hpp"

#include <caf/typed_response_promise.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bridgekeeper::console {

enum class operand : std::uint8_t;

/// See interfaces.hpp. Answers the operator's commands by asking other actors,
/// and keeps no data of its own. Runs on CAF's worker pool.
struct console_session_state {
  static inline const char* name = "console-session";

  using self_type = io_actor<console_session_state, console_session_actor>;
  using words = std::vector<std::string>;
  using answer = caf::typed_response_promise<std::string>;

  explicit console_session_state(console_session_actor::base* self_ptr)
    : self(self_ptr) {}

  /// Ends the live events without an answer to their command: the operator must
  /// see that the session has ended, not that the command has succeeded.
  ~console_session_state();

  console_session_actor::behavior_type make_behavior();

  caf::result<std::string> on_command(const std::string& line);
  caf::result<std::string> on_complete(const std::string& line);
  /// Ends the live events and answers their command.
  void end_live();
  void on_down(const caf::down_msg& down);

  // -- commands: see console_commands.hpp -------------------------------------

  void show_actors(const words& arguments, answer to);
  void show_agents(const words& arguments, answer to);
  void show_agent(const words& arguments, answer to);
  void explain(const words& arguments, answer to);
  void show_pending(const words& arguments, answer to);
  void show_events(const words& arguments, answer to);
  void trace(const words& arguments, answer to);
  void show_mailboxes(const words& arguments, answer to);
  void show_slow(const words& arguments, answer to);
  void show_heap(const words& arguments, answer to);
  void show_threads(const words& arguments, answer to);
  void show_stats(const words& arguments, answer to);
  void evict(const words& arguments, answer to);
  void cordon(const words& arguments, answer to);
  void drain(const words& arguments, answer to);
  void uncordon(const words& arguments, answer to);
  void kill_actor(const words& arguments, answer to);
  void set_log_level(const words& arguments, answer to);
  void show_help(const words& arguments, answer to);

  // -- data -------------------------------------------------------------------

  console_session_actor::base* self;
  std::shared_ptr<const console_world> world;
  console_terminal terminal;

  /// The live events that the operator watches.
  struct live_events {
    console_tail_actor tail;
    /// The command that shows them, which is answered when they end.
    answer to;
    /// The answer if they end by themselves.
    std::string last_line;
  };

  std::optional<live_events> live;
  /// The number of times that live events were begun or ended. Something that
  /// is about to begin them must not do so if this has changed meanwhile.
  std::uint64_t live_turn = 0;

private:
  using next_with_core = std::function<void(const core_handles&)>;

  /// Calls `next` with the current core actors, or fails the command.
  void with_core(answer to, next_with_core next);

  /// Calls `next` with all known agents and the newest events, or fails the
  /// command.
  void
  with_ids(const core_handles& core, answer to,
           std::function<void(const agent_list&, const past_events&)> next);

  /// The operator who gets this answer: the label of the token.
  [[nodiscard]] origin asker(answer& to) const;

  void change_duty(const std::string& whom, agent_duty duty, answer to);

  // -- live events (console_trace.cpp) ----------------------------------------

  /// What `trace` follows; one of them is set.
  struct traced {
    std::optional<agent_id> agent;
    std::optional<message_id> dispatch;
  };

  /// Ends the previous live events, and returns the number of the turn that
  /// begins.
  [[nodiscard]] std::uint64_t begin_turn();
  /// Ends the actor that sends the live events, if any.
  void end_tail();
  /// Shows live events after the event `after`; if that is unset, from now on.
  void begin_live(stream_name which, std::optional<std::uint64_t> after,
                  answer to, std::string last_line);
  /// Finds what the operator calls `text`, or fails the command.
  void find_traced(const core_handles& core, const std::string& text, answer to,
                   std::function<void(const traced&)> next);
  void find_older(const core_handles& core, const std::string& text, answer to,
                  std::function<void(const traced&)> next);
  /// Follows the dispatch unless it has ended.
  void trace_dispatch(const core_handles& core, const message_id& id,
                      std::uint64_t turn, answer to);

  // -- completion (console_completion.cpp) ------------------------------------

  void complete_id(const std::string& text, operand what, answer to);
};

/// The operator asked for something that does not exist.
[[nodiscard]] caf::error misuse(std::string what);

/// Fails a command with the error of another actor, translated to `errc`,
/// because CAF's own errors mean nothing to an operator.
void fail(console_session_state::answer& to, const caf::error& error);

console_session_actor::behavior_type
console_session(console_session_state::self_type* self,
                std::shared_ptr<const console_world> world,
                console_terminal terminal);

} // namespace bridgekeeper::console
