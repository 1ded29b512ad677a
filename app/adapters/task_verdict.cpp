#include "app/adapters/task_verdict.hpp"

#include "app/adapters/error_reason.hpp"
#include "app/adapters/failure_text.hpp"
#include "app/adapters/plain_text.hpp"
#include "domain/limits.hpp"
#include "domain/trimmed.hpp"
#include "domain/utf8.hpp"

#include <cstring>

namespace bridgekeeper::app {

namespace {

/// The longest error in bytes. An agent may give a whole answer as its error.
constexpr std::size_t max_error = 8 * kibibyte;

/// An answer that is longer is not an error message.
constexpr std::size_t max_message = 400;

std::string exit_text(const task_end& end) {
  if (end.signal != 0)
    return "killed by signal " + std::to_string(end.signal) + " ("
           + strsignal(end.signal) + ")";
  return "exit status " + std::to_string(end.status);
}

/// The output, if it is a message like `Invalid API key · Please run /login`
/// instead of an answer: agents report a missing login on standard output.
std::string message_in_output(const task_evidence& x) {
  if (x.agent == agent_kind::command || x.findings.has_spoken
      || x.output.size() > max_message)
    return {};
  auto text = plain_text(trimmed(x.output));
  auto kind = classify_failure(text);
  return kind == failure_class::auth || kind == failure_class::budget
                 || kind == failure_class::rate_limited
             ? text
             : std::string{};
}

std::string reason_of(const task_evidence& x) {
  if (auto out = stated_error(x.errors))
    return *out;
  if (!x.findings.has_spoken)
    if (auto out = stated_error(x.output))
      return *out;
  if (!x.findings.error.empty())
    return x.findings.error;
  auto out = reason_in(x.errors);
  return out.empty() ? message_in_output(x) : out;
}

/// Whether the agent says by itself how its task has ended.
bool says_how_it_ends(agent_kind x) {
  return x != agent_kind::command && x != agent_kind::aider;
}

task_verdict failed(const task_evidence& x, std::string error,
                    std::optional<failure_class> failure) {
  task_verdict out;
  error = cut_utf8(error, max_error);
  if (failure == failure_class::rate_limited) {
    out.retry_at = x.findings.retry_at;
    if (!out.retry_at)
      out.retry_at = retry_time(error, x.now);
  }
  out.error = std::move(error);
  out.failure = failure;
  return out;
}

/// The agent has not said how the task has ended.
task_verdict judge_exit(const task_evidence& x) {
  using enum failure_class;
  auto reason = reason_of(x);
  auto is_agent = x.agent != agent_kind::command;
  auto kind = is_agent ? classify_failure(reason) : std::nullopt;
  if (x.end.failed()) {
    if (!kind && (is_agent || x.end.signal != 0))
      kind = crashed;
    auto text = exit_text(x.end);
    return failed(x, reason.empty() ? text : text + ": " + reason, kind);
  }
  if (auto message = message_in_output(x);
      x.agent == agent_kind::claude && !message.empty())
    return failed(x, message, kind);
  auto is_silent = trimmed(x.output).empty();
  if (!says_how_it_ends(x.agent) || (!x.findings.has_spoken && !is_silent))
    return {};
  auto text = std::string{to_string(x.agent)} + " exited without a result";
  return failed(x, reason.empty() ? text : text + ": " + reason,
                kind.value_or(crashed));
}

} // namespace

task_verdict judge(const task_evidence& x) {
  if (x.end.problem)
    return {.error = x.end.problem, .failure = x.end.failure};
  switch (x.findings.outcome) {
  case agent_outcome::failed:
    return failed(x,
                  x.end.remark ? x.findings.error + "; " + *x.end.remark
                               : x.findings.error,
                  x.findings.failure);
  case agent_outcome::succeeded:
    if (x.end.remark)
      return {.warning = x.end.remark};
    if (!x.end.failed())
      return {};
    // The status of a script is its own, not that of an agent it has run.
    if (x.agent == agent_kind::command)
      return judge_exit(x);
    return {.warning = exit_text(x.end) + " after the result"};
  case agent_outcome::open:
    break;
  }
  return judge_exit(x);
}

} // namespace bridgekeeper::app
