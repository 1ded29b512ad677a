#include "app/client/dispatch_report.hpp"

#include "app/client/utf8_text.hpp"

#include <iostream>
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

} // namespace

void show_progress(std::string_view text) {
  if (::isatty(STDERR_FILENO) == 1)
    std::cerr << "\x1b[2m" << printable(text) << "\x1b[0m\n";
  else
    std::cerr << printable(text) << "\n";
}

void print_answer(const std::string& text) {
  if (text.empty())
    return;
  std::cout << (::isatty(STDOUT_FILENO) == 1 ? printable(text) : text);
  if (!text.ends_with('\n'))
    std::cout << "\n";
}

exit_code report_failed_task(const std::string& agent,
                             const std::string& error) {
  std::cout << std::flush;
  std::cerr << "Agent " << printable(agent)
            << " reports that the task failed: " << printable(error) << "\n";
  return exit_code::dispatch_error;
}

exit_code report_error(const std::string& agent, bool was_dispatched,
                       const error_answer& why) {
  std::cout << std::flush;
  std::cerr << (was_dispatched ? "The task was dispatched to agent "
                               : "The task was not dispatched to agent ")
            << printable(agent) << (was_dispatched ? ", but failed: " : ": ")
            << printable(why.detail) << " (" << printable(why.code) << ")."
            << (why.retry_helps ? " Trying again may help." : "")
            << (why.hint.empty() ? "" : " ") << printable(why.hint)
            << (why.code == "unknown_agent"
                    ? " See the ids with: bridgekeeper agents\n"
                    : "\n");
  return code_of(why.code);
}

exit_code report_record(const record_answer& x, bool as_json) {
  if (as_json)
    std::cout << x.json << "\n";
  else
    print_answer(x.content);
  if (!x.finished()) {
    std::cerr << "Agent " << printable(x.agent_id)
              << " has not answered yet: the dispatch is "
              << printable(x.status)
              << ". Stay until it has with: bridgekeeper result "
              << printable(x.message_id) << " --wait\n";
    return exit_code::timed_out;
  }
  if (!x.error)
    return exit_code::ok;
  if (x.reason == "task_failed")
    return report_failed_task(x.agent_id, *x.error);
  return report_error(x.agent_id, true, {x.reason, *x.error});
}

} // namespace bridgekeeper::app
