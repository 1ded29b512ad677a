#include "domain/failure_guide.hpp"

#include <algorithm>
#include <array>

namespace bridgekeeper {

namespace {

// Columns: class, rule, what to do next.
// clang-format off
constexpr std::array guides{
  failure_guide{failure_class::rate_limited,
    "The agent's provider accepts no more requests for now.",
    "Dispatch again when the provider's limit has ended; with `--retry 2 --retry-on rate_limited`, the daemon waits for that by itself."},
  failure_guide{failure_class::auth,
    "The agent is not logged in, or its provider has rejected its credentials.",
    "Log the agent in on the machine of its bridge, or correct its key, then dispatch again."},
  failure_guide{failure_class::max_turns,
    "The agent has used up the turns that its command allows.",
    "Raise the agent's limit in the command of its bridge (such as `--max-turns`), or divide the task; a follow-up continues the session."},
  failure_guide{failure_class::budget,
    "The agent has used up the money that its command allows, or its account is empty.",
    "Raise the agent's budget in the command of its bridge, or top up its account, then dispatch again."},
  failure_guide{failure_class::crashed,
    "The agent's process ended without saying how the task ended.",
    "Read the end of the agent's standard error with `bridgekeeper result`, and the log of its bridge. With `--retry 2 --retry-on crashed`, such a dispatch is tried again."},
  failure_guide{failure_class::timed_out,
    "The bridge stops a task that takes longer than the dispatch's timeout or the bridge's own `--task-timeout`.",
    "If the error names the bridge's limit, raise `--task-timeout` of the bridge; otherwise raise `--timeout` of the dispatch. Or divide the task."},
  failure_guide{failure_class::idle,
    "The bridge stops an agent that prints nothing for longer than the bridge's `--idle-timeout`.",
    "Raise `--idle-timeout` of the bridge, or let the agent print its progress; if the agent hangs, find out where."},
  failure_guide{failure_class::context_too_long,
    "The task and what the agent read for it exceed the context of its model.",
    "Divide the task, or begin a new session with a dispatch instead of a follow-up."},
  failure_guide{failure_class::no_session,
    "The agent no longer has the session that the follow-up refers to.",
    "Send a dispatch instead of a follow-up, and repeat in it what the agent must know."},
};
// clang-format on

/// Of a class from another version.
constexpr failure_guide unknown{
    failure_class{}, "The bridge has reported that the task failed.",
    "Read the agent's error with `bridgekeeper result`."};

} // namespace

const failure_guide& guide_to(failure_class code) noexcept {
  auto row = std::find_if(guides.begin(), guides.end(),
                          [code](const auto& x) { return x.code == code; });
  return row != guides.end() ? *row : unknown;
}

} // namespace bridgekeeper
