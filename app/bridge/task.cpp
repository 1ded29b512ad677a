#include "app/bridge/task.hpp"

#include "app/bridge/task_variables.hpp"
#include "app/processes/start_failure.hpp"
#include "app/text/quantity.hpp"
#include "app/text/utf8_text.hpp"
#include "log/log_line.hpp"

#include <utility>

namespace bridgekeeper::app {

namespace {

/// Linux limits each string in a process's environment to MAX_ARG_STRLEN,
/// including the name of the variable and the terminating null character.
constexpr std::size_t max_context = std::size_t{128} * 1024 - 64;

const std::string& session_of(const dispatch& x) {
  static const std::string none;
  return x.terms ? x.terms->agent_session_id : none;
}

} // namespace

task::task(const task_surroundings& surroundings, dispatch what,
           std::size_t slot, handlers callbacks)
  : surroundings_(surroundings), what_(std::move(what)), slot_(slot),
    handlers_(std::move(callbacks)),
    command_(complete_command(surroundings.options.agent,
                              surroundings.options.command, session_of(what_))),
    output_({surroundings.options.agent, surroundings.options.standard_error,
             session_of(what_), surroundings.totals,
             command_.continues_session}),
    limit_(surroundings.context), deadline_(surroundings.context),
    idle_(surroundings.context), prompt_(surroundings.context),
    exit_(surroundings.context),
    process_(std::make_shared<child_process>(
        surroundings.context, surroundings.supervisor,
        child_process::handlers{
            [this](std::string_view bytes) {
              on_output(output_.on_stdout(bytes));
            },
            [this](std::string_view bytes) {
              on_errors(output_.on_stderr(bytes));
            },
            [this](const process_end& end) { finish(end); }})) {}

void task::start(std::optional<boot_clock::time_point> deadline) {
  const auto& options = surroundings_.options;
  if (what_.context.str().size() > max_context)
    return finish({.problem = "the context is longer than "
                              + std::to_string(max_context)
                              + " bytes, the limit for a command"});
  process_->start({command_.text, options.place.of_slot(slot_),
                   own_variables(what_, slot_)},
                  std::move(what_.content));
  if (options.timeout > std::chrono::milliseconds{0}) {
    limit_.expires_after(options.timeout);
    on_expiry(limit_, [this] {
      end_with("not done within "
                   + format_seconds(surroundings_.options.timeout)
                   + " s, the bridge's time limit per task",
               failure_class::timed_out);
    });
  }
  if (deadline) {
    deadline_.expires_at(*deadline);
    on_expiry(deadline_, [this] {
      end_with("timed_out: not done by the deadline of the dispatch",
               failure_class::timed_out);
    });
  }
  watch_silence();
}

template <class Timer, class Then>
void task::on_expiry(Timer& timer, Then then) {
  timer.async_wait([weak = weak_from_this(), &timer, then](auto ec) {
    auto self = weak.lock();
    // Setting a timer again does not take back a call that is already queued.
    if (!ec && self && !self->is_finished_
        && timer.expiry() <= Timer::clock_type::now())
      then();
  });
}

void task::pause() {
  is_paused_ = true;
  idle_.cancel();
  prompt_.cancel();
  process_->pause();
}

void task::resume() {
  process_->resume();
  if (std::exchange(is_paused_, false))
    watch_silence();
}

void task::on_output(progress_lines lines) {
  for (auto& line : lines)
    handlers_.on_progress(std::move(line));
  watch_silence();
  watch_exit();
}

void task::on_errors(progress_lines lines) {
  if (surroundings_.options.standard_error == stderr_use::progress)
    return on_output(std::move(lines));
  for (const auto& line : lines)
    log::debug("task {}: {}", printable(what_.message.str()),
               printable(line.text));
  watch_silence();
}

void task::watch_silence() {
  if (is_paused_)
    return;
  prompt_.expires_after(prompt_delay);
  on_expiry(prompt_, [this] {
    for (auto& line : output_.on_quiet())
      handlers_.on_progress(std::move(line));
  });
  auto limit = surroundings_.options.idle_timeout;
  if (limit <= std::chrono::milliseconds{0})
    return;
  // An agent that has given its result has nothing more to print.
  if (output_.has_ended()) {
    idle_.cancel();
    return;
  }
  idle_.expires_after(limit);
  on_expiry(idle_, [this, limit] {
    end_with("idle: nothing was printed for " + format_seconds(limit)
                 + " s, the bridge's limit",
             failure_class::idle);
  });
}

void task::watch_exit() {
  // An agent may take up work again, for example when a background task ends.
  if (!output_.has_ended()) {
    exit_.cancel();
    awaits_exit_ = false;
    return;
  }
  if (std::exchange(awaits_exit_, true))
    return;
  // The agent has said how the task ended, so this does not change the outcome.
  exit_.expires_after(exit_delay);
  on_expiry(exit_, [this] {
    if (!output_.has_ended())
      return;
    remark_ = "the agent did not exit within "
              + format_seconds(std::chrono::seconds{exit_delay})
              + " s of its final result, and was ended";
    process_->terminate();
  });
}

/// Ends the task with `problem` as its error. A command that has exited in time
/// is not failed because its background processes still run; they are ended.
void task::end_with(std::string problem, std::optional<failure_class> failure) {
  if (!problem_ && !process_->has_exited()) {
    problem_ = std::move(problem);
    failure_ = failure;
  }
  process_->terminate();
}

void task::finish(const process_end& end) {
  auto keep = shared_from_this();
  is_finished_ = true;
  limit_.cancel();
  deadline_.cancel();
  idle_.cancel();
  prompt_.cancel();
  exit_.cancel();
  task_end last{end.status, end.signal, end.problem, {}, remark_};
  // What the agent has said about the end of its task still holds.
  if (end.lost_supervisor && output_.has_ended())
    last.remark = std::exchange(last.problem, std::nullopt);
  if (problem_) {
    last.problem = problem_;
    last.failure = failure_;
  }
  auto report = output_.finish(last);
  if (auto verdict = shell_verdict(end.status);
      verdict && report.error && !last.problem)
    report.error = std::string{*verdict} + ": " + *report.error;
  for (auto& line : report.last_lines)
    handlers_.on_progress(std::move(line));
  handlers_.on_done(std::move(report));
}

} // namespace bridgekeeper::app
