#pragma once

#include "actors/interfaces.hpp"
#include "app/client/exit_code.hpp"
#include "app/client/interrupt_watch.hpp"
#include "app/console/terms.hpp"

#include <caf/actor_system.hpp>
#include <caf/duration.hpp>
#include <caf/error.hpp>
#include <caf/scoped_actor.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace bridgekeeper::console {

/// How the terminal shows live events now. Those that arrive after their
/// command has ended are not shown.
enum class event_display : std::uint8_t { off, lines, json };

using event_display_ptr = std::shared_ptr<std::atomic<event_display>>;

/// Prints live events. The response to each message asks the daemon for more.
[[nodiscard]] actors::console_terminal::behavior_type
terminal(const event_display_ptr& display);

/// The operator's end of a console session. Runs one command at a time: answers
/// go to standard output, errors to standard error. Main thread.
class attached_console {
public:
  /// If `always_json`, live events are shown as JSON even if the command does
  /// not say `--json`.
  attached_console(caf::actor_system& system,
                   actors::console_session_actor session,
                   event_display_ptr display, bool always_json);

  /// Whether the daemon has ended or stopped responding.
  [[nodiscard]] bool gone() const noexcept {
    return gone_;
  }

  /// Runs a command and returns when it has ended. Ctrl-C ends live events and,
  /// on a terminal, the wait for any other command's answer; in a script, it
  /// ends the process instead. `watch` is the caller's, if it has one already.
  exit_code obey(const std::string& line,
                 const interrupt_watch* watch = nullptr);

  /// What could complete the last word of this line; nothing if the daemon does
  /// not say so soon.
  [[nodiscard]] std::vector<std::string> complete(const std::string& line);

private:
  /// What became of a request.
  struct outcome {
    enum class kind : std::uint8_t { answered, failed, interrupted, gone };
    kind what = kind::gone;
    std::string text = {};
    caf::error why = {};
  };

  /// Sends a request and waits for its response, the end of the daemon, or, if
  /// there is a watch, Ctrl-C.
  template <class Verb>
  [[nodiscard]] outcome ask(Verb verb, const std::string& line,
                            caf::duration timeout,
                            const interrupt_watch* watch);
  exit_code show_live(const std::string& line, event_display how,
                      const interrupt_watch& watch);
  exit_code report(const outcome& x);
  exit_code complain(const caf::error& error);

  caf::scoped_actor self_;
  actors::console_session_actor session_;
  event_display_ptr display_;
  bool always_json_;
  /// The number of the newest request; responses to earlier ones are dropped.
  std::uint64_t asked_ = 0;
  bool gone_ = false;
};

} // namespace bridgekeeper::console
