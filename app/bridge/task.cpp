#include "app/bridge/task.hpp"

#include "app/text/quantity.hpp"

#include <utility>

namespace bridgekeeper::app {

namespace {

/// Linux limits each string in a process's environment to MAX_ARG_STRLEN,
/// including the name of the variable and the terminating null character.
constexpr std::size_t max_context = std::size_t{128} * 1024 - 64;

} // namespace

task::task(boost::asio::io_context& context, child_reaper& reaper,
           dispatch what, handlers callbacks)
  : what_(std::move(what)), handlers_(std::move(callbacks)), limit_(context),
    deadline_(context),
    process_(std::make_shared<child_process>(
        context, reaper,
        child_process::handlers{
            [this](std::string_view bytes) {
              for (auto& line : output_.on_stdout(bytes))
                handlers_.on_progress(std::move(line));
            },
            [this](std::string_view bytes) { output_.on_stderr(bytes); },
            [this](const task_end& end) { finish(end); }})) {}

void task::start(const task_options& options,
                 std::optional<boot_clock::time_point> deadline) {
  if (what_.context.str().size() > max_context)
    return finish({.problem = "the context is longer than "
                              + std::to_string(max_context)
                              + " bytes, the limit for a command"});
  shell_command command{options.command,
                        options.workdir,
                        {{"BRIDGEKEEPER_MESSAGE_ID", what_.message.str()},
                         {"BRIDGEKEEPER_AGENT_ID", what_.agent.str()},
                         {"BRIDGEKEEPER_CONTEXT", what_.context.str()}}};
  if (auto ec = process_->start(command, std::move(what_.content)))
    return finish({.problem = "cannot start the command: " + ec.message()});
  auto end_at = [this](auto& timer, std::string problem) {
    timer.async_wait(
        [weak = weak_from_this(), problem = std::move(problem)](auto ec) {
          if (auto self = weak.lock(); !ec && self)
            self->end_with(problem);
        });
  };
  if (options.timeout > std::chrono::milliseconds{0}) {
    limit_.expires_after(options.timeout);
    end_at(limit_, "not done within " + format_seconds(options.timeout)
                       + " s, the bridge's time limit per task");
  }
  if (deadline) {
    deadline_.expires_at(*deadline);
    end_at(deadline_, "timed_out: not done by the deadline of the dispatch");
  }
}

/// Ends the task with `problem` as its error. A command that has exited in time
/// is not failed because its background processes still run; they are ended.
void task::end_with(std::string problem) {
  if (!problem_ && !process_->has_exited())
    problem_ = std::move(problem);
  process_->terminate();
}

void task::finish(const task_end& end) {
  auto keep = shared_from_this();
  limit_.cancel();
  deadline_.cancel();
  auto last = end;
  if (problem_)
    last.problem = problem_;
  auto report = output_.finish(last);
  for (auto& line : report.held_lines)
    handlers_.on_progress(std::move(line));
  handlers_.on_done(std::move(report));
}

} // namespace bridgekeeper::app
