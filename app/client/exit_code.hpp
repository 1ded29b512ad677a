#pragma once

namespace bridgekeeper::app {

/// The exit codes of `bridgekeeper`, the same for all subcommands. Scripts and
/// unit files rely on the numbers, so their meanings never change.
enum class exit_code : int {
  /// Done.
  ok = 0,
  /// The command was valid but failed at run time.
  failure = 1,
  /// The command line, the environment or the configuration file is wrong.
  /// Nothing was started.
  usage = 2,
  /// The daemon could not be reached: connection refused, unknown host.
  unreachable = 3,
  /// The daemon rejects the token, or no token was given.
  unauthenticated = 4,
  /// The dispatch ended in an error.
  dispatch_error = 5,
  /// No answer came in time.
  timed_out = 6,
  /// Another bridge registered with this bridge's agent id.
  replaced = 7,
  /// The daemon rejected the bridge's registration.
  refused = 8,
};

/// The list of exit codes in the help text.
inline constexpr const char* exit_code_help =
    R"(Exit codes:
  0  done
  1  failed at run time
  2  wrong usage or configuration; nothing was started
  3  the daemon cannot be reached (refused, unknown host)
  4  the token is missing or rejected
  5  the dispatch ended in an error
  6  timed out
  7  another bridge has taken over the agent's id
  8  the daemon rejected the bridge's registration
Restarting a bridge after exit code 2, 4, 7 or 8 does not help; for systemd:
RestartPreventExitStatus=2 4 7 8)";

} // namespace bridgekeeper::app
