#include "app/bridge/bridge_client.hpp"

#include "app/text/quantity.hpp"
#include "app/text/utf8_text.hpp"
#include "domain/count_text.hpp"
#include "domain/dispatch_life.hpp"
#include "log/log_line.hpp"
#include "protocol/codec.hpp"
#include "protocol/trace_json.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace bridgekeeper::app {

namespace {

/// If more bytes than this are queued, the bridge stops reading the output of
/// its commands until the queue is empty.
constexpr std::size_t high_water = std::size_t{64} * 1024;

/// The maximum number of waiting dispatches, the same as the daemon's default.
constexpr std::size_t max_waiting = 1000;

/// How much later than the daemon the bridge notices a deadline. While the link
/// works, the daemon thus ends the dispatch first, as timed out, and sends
/// `cancel`. The bridge's own response would make it a failed task.
constexpr std::chrono::seconds deadline_margin{2};

/// How long a bridge takes to stop after it has drained: its tasks may ignore
/// the signal that ends them.
constexpr std::chrono::seconds stop_time{30};

/// How long a bridge that stops waits for the acknowledgement of its results.
constexpr std::chrono::seconds ack_timeout{2};

/// The daemon also cancels what has taken too long.
std::optional<failure_class> class_of(const cancel_request& x) {
  return x.reason == "timeout" ? std::optional{failure_class::timed_out}
                               : std::nullopt;
}

} // namespace

bridge_client::bridge_client(boost::asio::io_context& context,
                             bridge_options options, kept_results results,
                             service_notifier notifier,
                             std::function<void(exit_code)> on_done)
  : context_(context), options_(std::move(options)),
    on_done_(std::move(on_done)), supervisor_(context, options_.processes),
    surroundings_{context, supervisor_, std::make_shared<session_totals>(),
                  options_.tasks},
    link_(
        context, options_.link,
        {[this](registration_terms& x) { on_registering(x); },
         [this](const registered& x) { on_registered(x); },
         [this](dispatch x) { on_dispatch(std::move(x)); },
         [this](const cancel_request& x) { on_cancel(x.message, class_of(x)); },
         [this](const response_ack& x) { on_ack(x.message); },
         [this] { on_drained(); }, [this] { on_lost(); },
         [this](exit_code code) { on_over(code); }}),
    results_(std::move(results)),
    service_(context, std::move(notifier), [this] { return status(); }),
    overdue_(context), drain_timer_(context), ack_timer_(context) {
  for (const auto& id : results_.ids())
    known_.set(id, known_ids::state::finished);
}

void bridge_client::start() {
  service_.start();
  link_.start();
}

// -- dispatches ---------------------------------------------------------------

void bridge_client::on_dispatch(dispatch x) {
  auto id = printable(x.message.str());
  if (x.agent != agent()) {
    log::warn("ignored task {}: it is for agent {}", id,
              printable(x.agent.str()));
    return;
  }
  if (answer_known(x))
    return;
  // A 1.1 daemon knows that the bridge drains; this dispatch crossed the notice
  // on its way.
  if (stopping_ || (draining_ && !speaks_1_1())) {
    log::warn("ignored task {}: the bridge is stopping", id);
    return;
  }
  if (waiting_.size() >= max_waiting) {
    log::warn("rejected task {}: tasks that are already waiting: {}", id,
              waiting_.size());
    return fail(x.message, "too many tasks are already waiting for this agent");
  }
  if (running_.size() >= options_.max_tasks)
    log::info("task {} is waiting; tasks before it: {}", id,
              running_.size() + waiting_.size());
  known_.set(x.message, known_ids::state::waiting);
  accept(x.message);
  std::optional<boot_clock::time_point> deadline;
  if (x.terms && x.terms->deadline)
    deadline = boot_clock::now() + *x.terms->deadline + deadline_margin;
  waiting_.push({std::move(x), deadline});
  start_next();
}

bool bridge_client::answer_known(const dispatch& x) {
  auto state = known_.find(x.message);
  if (!state)
    return false;
  if (!speaks_1_1()) {
    if (*state == known_ids::state::gone)
      return false;
    log::warn("ignored task {}: it was already received",
              printable(x.message.str()));
    return true;
  }
  switch (*state) {
  case known_ids::state::waiting:
  case known_ids::state::running:
    accept(x.message);
    break;
  case known_ids::state::finished:
    results_.send_again(x.message);
    flush();
    break;
  case known_ids::state::gone:
    respond({x.message,
             agent(),
             {},
             {},
             "already executed: the result was acknowledged and is no longer "
             "kept"});
    break;
  }
  return true;
}

void bridge_client::accept(const message_id& message) {
  // If the queue is full, the daemon learns about it from the progress or the
  // response.
  if (speaks_1_1())
    link_.send(protocol::encode(accept_notice{message, agent()}));
}

void bridge_client::start_next() {
  drop_overdue();
  while (!stopping_ && !waiting_.empty()
         && running_.size() < options_.max_tasks) {
    auto next = waiting_.pop();
    auto id = next.what.message;
    auto trace = protocol::trace_of(next.what.context);
    log::line(log::level::info,
              {.agent = agent().str(),
               .message_id = id.str(),
               .trace_id = trace_id_of(trace.parent)},
              "starting task {} ({} bytes)", printable(id.str()),
              next.what.content.size());
    known_.set(id, known_ids::state::running);
    auto slot = take_slot(next.what);
    auto started = std::make_shared<task>(
        surroundings_, std::move(next.what), slot,
        task::handlers{[this, id](progress_line line) {
                         on_progress(id, std::move(line));
                       },
                       [this, id](task_report report) {
                         on_task_done(id, std::move(report));
                       }});
    running_.push_back(started);
    started->start(next.deadline);
  }
  watch_deadlines();
  service_.on_change();
}

/// The slot of the session that the dispatch continues, if that is free.
std::size_t bridge_client::take_slot(const dispatch& x) {
  return slots_.take(x.terms ? session_slots_.find(x.terms->agent_session_id)
                             : std::nullopt);
}

void bridge_client::drop_overdue() {
  for (auto& x : waiting_.take_overdue(boot_clock::now())) {
    log::warn("dropped task {}: its deadline has passed",
              printable(x.what.message.str()));
    fail(x.what.message,
         "timed_out: the deadline passed before the task was started",
         failure_class::timed_out);
  }
}

void bridge_client::watch_deadlines() {
  overdue_.cancel();
  auto next = waiting_.next_deadline();
  if (!next)
    return;
  overdue_.expires_at(*next);
  overdue_.async_wait([this](auto ec) {
    if (ec)
      return;
    drop_overdue();
    watch_deadlines();
    finish_when_idle();
  });
}

void bridge_client::on_progress(const message_id& message, progress_line line) {
  link_.send(protocol::encode(progress{message, agent(), "running",
                                       std::move(line.text),
                                       std::move(line.metadata)}));
  // The commands block when their pipes are full, so a slow link slows them
  // down instead of filling the memory.
  if (link_.queued_bytes() < high_water)
    return;
  for (auto& x : running_)
    x->pause();
}

void bridge_client::on_task_done(const message_id& message,
                                 task_report report) {
  auto id = printable(message.str());
  log::fields about{.agent = agent().str(), .message_id = message.str()};
  about.outcome = to_string(report.error ? dispatch_state::failed
                                         : dispatch_state::completed);
  if (report.error)
    log::line(log::level::warn, about, "task {} failed: {}", id,
              printable(*report.error));
  else
    log::line(log::level::info, about, "task {} is done ({} bytes)", id,
              report.content.size());
  counts_.add(report, stopping_);
  auto session = report.details.agent_session_id;
  // Stopping the bridge terminates its tasks. Their failure is not reported,
  // because the daemon decides what happens to dispatches whose bridge has
  // left. Only tasks that finished successfully are reported.
  if (!stopping_ || !report.error)
    respond({message, agent(), std::move(report.content),
             std::move(report.usage), std::move(report.error),
             details_for_daemon(std::move(report.details))});
  // The task is still running its handler, so it must not be destroyed yet.
  boost::asio::post(context_, [this, message, session] {
    std::erase_if(running_, [&](const auto& x) {
      if (x->message() != message)
        return false;
      slots_.release(x->slot());
      session_slots_.set(session, x->slot());
      return true;
    });
    start_next();
    finish_when_idle();
  });
}

/// A 1.0 daemon knows no details.
std::shared_ptr<const response_details>
bridge_client::details_for_daemon(response_details details) const {
  if (!speaks_1_1() || details == response_details{})
    return nullptr;
  return std::make_shared<const response_details>(std::move(details));
}

void bridge_client::fail(const message_id& message, std::string error,
                         std::optional<failure_class> why) {
  task_report report;
  report.error = std::move(error);
  report.details.failure = why;
  counts_.add(report, stopping_);
  respond({message,
           agent(),
           {},
           {},
           std::move(report.error),
           details_for_daemon(std::move(report.details))});
}

void bridge_client::respond(const response& x) {
  known_.set(x.message, known_ids::state::finished);
  results_.add(x);
  flush();
}

// -- the end ------------------------------------------------------------------

void bridge_client::stop() {
  if (std::exchange(draining_, true) || stopping_) {
    hurries_ = true;
    kill_tasks();
    return stopping_ ? finish_when_idle() : terminate_tasks();
  }
  if (options_.drain_timeout > std::chrono::milliseconds{0})
    return drain();
  terminate_tasks();
}

void bridge_client::drain() {
  log::info("finishing {}, for at most {} s",
            count_text(running_.size() + waiting_.size(), "task", "tasks"),
            format_seconds(options_.drain_timeout));
  service_.on_stopping(options_.drain_timeout + stop_time);
  announce_drain();
  drain_timer_.expires_after(options_.drain_timeout);
  drain_timer_.async_wait([this](auto ec) {
    if (ec || stopping_)
      return;
    log::warn("the time for finishing tasks is over; tasks left: {}, "
              "results not acknowledged: {}",
              running_.size() + waiting_.size(), results_.size());
    terminate_tasks();
  });
  finish_when_idle();
}

void bridge_client::announce_drain() {
  if ((draining_ || stopping_) && speaks_1_1())
    link_.send(protocol::encode(drain_notice{agent()}));
}

void bridge_client::terminate_tasks() {
  stopping_ = true;
  service_.on_stopping(stop_time);
  // After this notice and a normal close, the daemon does not wait for the
  // tasks that are terminated here.
  announce_drain();
  drain_timer_.cancel();
  overdue_.cancel();
  std::ignore = waiting_.take_all();
  // A task that ends is removed from the list by a posted handler, so the list
  // does not change during this loop.
  for (auto& x : running_) {
    log::info("stopping task {}", printable(x->message().str()));
    x->terminate();
  }
  finish_when_idle();
}

void bridge_client::kill_tasks() {
  for (auto& x : running_)
    x->kill();
}

void bridge_client::on_over(exit_code code) {
  over_ = code;
  if (!stopping_)
    return terminate_tasks();
  finish_when_idle();
}

void bridge_client::finish_when_idle() {
  // A draining bridge stays until its results have arrived.
  if (draining_ && !stopping_ && running_.empty() && waiting_.empty()
      && results_.empty()) {
    stopping_ = true;
    drain_timer_.cancel();
  }
  if (!stopping_ || !running_.empty())
    return;
  if (over_) {
    if (!closing_)
      report_unacknowledged();
    counts_.report();
    return on_done_(*over_);
  }
  if (must_await_acks() || std::exchange(closing_, true))
    return;
  report_unacknowledged();
  link_.stop(results_.empty());
}

/// Whether the link must stay for a moment, because what was sent may not have
/// arrived. The link may also be gone, and come back in time.
bool bridge_client::must_await_acks() {
  if (hurries_ || results_.empty() || !speaks_1_1())
    return false;
  if (std::exchange(awaits_acks_, true))
    return true;
  ack_timer_.expires_after(ack_timeout);
  ack_timer_.async_wait([this](auto ec) {
    if (ec)
      return;
    hurries_ = true;
    finish_when_idle();
  });
  return true;
}

std::string bridge_client::status() const {
  auto out =
      std::string{draining_ || stopping_ ? "stopping; " : ""}
      + (link_.is_registered() ? "registered" : "waiting for the daemon");
  return out + "; " + std::to_string(running_.size())
         + (running_.size() == 1 ? " task running, " : " tasks running, ")
         + std::to_string(waiting_.size()) + " waiting";
}

void bridge_client::report_unacknowledged() const {
  if (results_.empty() || !speaks_1_1())
    return;
  if (results_.outlive_process())
    log::warn(
        "results that the daemon has not acknowledged: {}. They remain in "
        "the state directory; the next bridge that uses it sends them.",
        results_.size());
  else
    log::warn("results that the daemon has not acknowledged: {}. Those "
              "that did not arrive are lost; --state-dir keeps results.",
              results_.size());
}

} // namespace bridgekeeper::app
