#include "app/client/dispatch_report.hpp"

#include "app/client/dispatch_table.hpp"
#include "app/text/colours.hpp"
#include "app/text/utf8_text.hpp"
#include "domain/failure_class.hpp"
#include "domain/timestamp.hpp"
#include "protocol/json_document.hpp"
#include "protocol/task_content.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <sys/stat.h>
#include <unistd.h>

namespace bridgekeeper::app {

namespace {

exit_code code_of(std::string_view reason) {
  if (reason == "timeout")
    return exit_code::timed_out;
  if (reason == "missing_token" || reason == "invalid_token")
    return exit_code::unauthenticated;
  return exit_code::dispatch_error;
}

std::string when_to_retry(const error_answer& why) {
  if (why.retry_after)
    return " Try again in " + std::to_string(why.retry_after->count()) + " s.";
  return why.retry_helps ? " Trying again may help." : "";
}

/// If there are more bytes of progress than this, the answer is printed in
/// full.
constexpr std::size_t most_remembered = std::size_t{1} << 20U;

/// Whether both descriptors refer to the same file, such as a terminal.
bool is_one_place(int a, int b) {
  struct stat first {};
  struct stat second {};
  return ::fstat(a, &first) == 0 && ::fstat(b, &second) == 0
         && first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/// Prints how the dispatch stands, unless it was completed.
exit_code report_state(const record_answer& x) {
  if (!x.finished()) {
    std::cerr << (x.agent_id.empty() ? "No agent has the dispatch yet: it is "
                                     : "Agent " + printable(x.agent_id)
                                           + " has not answered yet: the "
                                             "dispatch is ")
              << printable(x.state.empty() ? x.status : x.state)
              << ". Wait for the answer with: bridgekeeper result "
              << printable(x.message_id) << " --wait\n"
              << explain_wait(x);
    return exit_code::timed_out;
  }
  if (!x.error)
    return exit_code::ok;
  if (x.reason == "task_failed")
    return report_failed_task(x.agent_id, *x.error, x.note);
  auto code = report_error(x.agent_id, true, {x.reason, *x.error});
  if (!x.state.empty())
    std::cerr << "State: " << printable(x.state) << ", attempt " << x.attempt
              << " of " << x.max_attempts << ".\n";
  return code;
}

/// Prints a list of results that arrived after the end of the dispatch.
void show_late_results(const std::string& late) {
  auto list = protocol::parse_json_document(late, max_wrapped_json_depth);
  if (!list.is_array())
    return;
  for (const auto& result : list) {
    if (!result.is_object())
      continue;
    std::cout << std::flush;
    std::cerr << "The agent answered after the dispatch had ended";
    if (auto attempt = result.find("attempt");
        attempt != result.end() && attempt->is_number_integer())
      std::cerr << " (late result of attempt " << attempt->get<std::int64_t>()
                << ")";
    auto error = protocol::text_member(result, "error");
    if (!error.empty())
      std::cerr << "; it reports that the task failed: " << printable(error);
    auto content = protocol::text_member(result, "content");
    std::cerr << (content.empty() ? ".\n" : ":\n");
    dispatch_display{}.on_answer(content);
    std::cout << std::flush;
    std::cerr << explain({protocol::text_member(result, "failure"),
                          protocol::text_member(result, "retry_at"),
                          protocol::text_member(result, "error_detail")});
  }
}

} // namespace

void show_progress(std::string_view text) {
  if (shows_colours(STDERR_FILENO))
    std::cerr << "\x1b[2m" << printable(text) << "\x1b[0m\n";
  else
    std::cerr << printable(text) << "\n";
}

void dispatch_display::on_progress(const progress_answer& x) {
  show_progress(x.text.empty() ? x.status : x.text);
  if (x.text.empty())
    return;
  // Once over the limit, `bytes_` stays there and no more lines are kept.
  bytes_ += x.text.size();
  if (bytes_ > most_remembered)
    shown_.clear();
  else
    shown_.push_back(x.text);
}

void dispatch_display::on_answer(const std::string& text) const {
  std::string_view rest = text;
  if (bytes_ <= most_remembered && is_one_place(STDOUT_FILENO, STDERR_FILENO))
    rest = unseen_part(text, shown_);
  if (rest.empty())
    return;
  if (::isatty(STDOUT_FILENO) == 1)
    std::cout << printable(rest);
  else
    std::cout << rest;
  if (!rest.ends_with('\n'))
    std::cout << "\n";
}

std::string_view unseen_part(std::string_view answer,
                             const std::vector<std::string>& shown) {
  auto rest = answer;
  for (const auto& line : shown) {
    std::string_view next;
    do {
      if (rest.empty())
        return answer;
      auto end = std::min(rest.find('\n'), rest.size());
      next = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (next.ends_with('\r'))
        next.remove_suffix(1);
    } while (protocol::is_blank(next));
    if (next != line)
      return answer;
  }
  return rest;
}

exit_code report_failed_task(const std::string& agent, const std::string& error,
                             const failure_note& note) {
  // The answer must appear before the error if both go to a terminal.
  std::cout << std::flush;
  std::cerr << "Agent " << printable(agent)
            << " reports that the task failed: " << printable(error) << "\n"
            << explain(note);
  return exit_code::dispatch_error;
}

std::string explain_wait(const record_answer& x) {
  auto at = parse_iso8601(x.next_attempt_at);
  if (!at)
    return {};
  auto why = x.note.failure.empty() ? std::string{}
                                    : " (" + printable(x.note.failure) + ")";
  return "The last attempt has failed" + why + ". Attempt "
         + std::to_string(x.attempt) + " of " + std::to_string(x.max_attempts)
         + " is made after " + to_iso8601_seconds(*at) + ".\n";
}

std::string explain(const failure_note& x) {
  std::string out;
  if (auto known = to_failure_class(std::string_view{x.failure}))
    out += std::string{sentence(*known)} + " (" + x.failure + ").\n";
  else if (!x.failure.empty())
    out += "Class of the failure: " + printable(x.failure) + ".\n";
  if (auto at = parse_iso8601(x.retry_at))
    out += "Try again after " + to_iso8601_seconds(*at) + ".\n";
  if (x.error_detail.empty())
    return out;
  out += "The end of the agent's standard error:\n" + printable(x.error_detail);
  if (!out.ends_with('\n'))
    out += '\n';
  return out;
}

exit_code report_error(const std::string& agent, bool was_dispatched,
                       const error_answer& why) {
  std::cout << std::flush;
  std::cerr << (was_dispatched ? "The task was dispatched"
                               : "The task was not dispatched")
            << (agent.empty() ? "" : " to agent ") << printable(agent)
            << (was_dispatched ? ", but failed: " : ": ")
            << printable(why.detail) << " (" << printable(why.code) << ")."
            << when_to_retry(why) << (why.hint.empty() ? "" : " ")
            << printable(why.hint)
            << (why.code == "unknown_agent"
                    ? " List the agents with: bridgekeeper agents\n"
                    : "\n");
  return code_of(why.code);
}

exit_code report_record(const record_answer& x, bool as_json,
                        const dispatch_display& display) {
  if (as_json)
    std::cout << printable_json(x.json) << "\n";
  else
    display.on_answer(x.content);
  auto code = report_state(x);
  if (!as_json)
    show_late_results(x.late);
  return code;
}

exit_code report_history(const record_answer& x) {
  if (x.history.empty()) {
    std::cerr << "The daemon has no history of dispatch "
              << printable(x.message_id)
              << ": only daemons with a store (store.durability) keep one.\n";
    return exit_code::failure;
  }
  std::cout << history_table(x.history);
  return exit_code::ok;
}

} // namespace bridgekeeper::app
