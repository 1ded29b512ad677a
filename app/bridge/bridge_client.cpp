#include "app/bridge/bridge_client.hpp"

#include "app/text/utf8_text.hpp"
#include "protocol/codec.hpp"

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace bridgekeeper::app {

namespace {

/// If more bytes than this are queued, the bridge stops reading the output of
/// its commands until the queue is empty.
constexpr std::size_t high_water = std::size_t{64} * 1024;

/// The maximum number of waiting dispatches, the same as the daemon's default.
constexpr std::size_t max_waiting = 1000;

} // namespace

bridge_client::bridge_client(boost::asio::io_context& context,
                             bridge_options options,
                             std::function<void(exit_code)> on_done)
  : context_(context), options_(std::move(options)),
    on_done_(std::move(on_done)), reaper_(context),
    link_(context, options_.link,
          {[this] { flush(); },
           [this](dispatch x) { on_dispatch(std::move(x)); },
           [this] { on_drained(); }, [this] { on_lost(); },
           [this](exit_code code) { on_over(code); }}) {}

void bridge_client::start() {
  link_.start();
}

void bridge_client::stop() {
  if (std::exchange(stopping_, true)) {
    for (auto& x : running_)
      x->kill();
    return;
  }
  waiting_.clear();
  // A task that ends is removed from the list by a posted handler, so the list
  // does not change during this loop.
  for (auto& x : running_) {
    spdlog::info("stopping task {}", printable(x->message().str()));
    x->terminate();
  }
  finish_when_idle();
}

// -- dispatches ---------------------------------------------------------------

bool bridge_client::is_known(const message_id& x) const {
  auto waits = [&](const auto& y) { return y.message == x; };
  auto runs = [&](const auto& y) { return y->message() == x; };
  return std::any_of(waiting_.begin(), waiting_.end(), waits)
         || std::any_of(running_.begin(), running_.end(), runs)
         || std::any_of(responses_.begin(), responses_.end(), waits);
}

void bridge_client::on_dispatch(dispatch x) {
  auto id = printable(x.message.str());
  if (x.agent != options_.link.announcement.agent) {
    spdlog::warn("ignored task {}: it is for agent {}", id,
                 printable(x.agent.str()));
    return;
  }
  if (is_known(x.message)) {
    spdlog::warn("ignored task {}: it was already received", id);
    return;
  }
  if (waiting_.size() >= max_waiting) {
    spdlog::warn("rejected task {}: {} tasks are already waiting", id,
                 waiting_.size());
    return respond({x.message,
                    x.agent,
                    {},
                    {},
                    "too many tasks are already waiting for this agent"});
  }
  if (running_.size() >= options_.max_tasks)
    spdlog::info("task {} is waiting; tasks before it: {}", id,
                 running_.size() + waiting_.size());
  waiting_.push_back(std::move(x));
  start_next();
}

void bridge_client::start_next() {
  while (!stopping_ && !waiting_.empty()
         && running_.size() < options_.max_tasks) {
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    auto id = next.message;
    spdlog::info("starting task {} ({} bytes)", printable(id.str()),
                 next.content.size());
    auto started = std::make_shared<task>(
        context_, reaper_, std::move(next),
        task::handlers{
            [this, id](std::string line) { on_progress(id, std::move(line)); },
            [this, id](task_report report) {
              on_task_done(id, std::move(report));
            }});
    running_.push_back(started);
    started->start(options_.tasks);
  }
}

void bridge_client::on_progress(const message_id& message, std::string line) {
  link_.send(protocol::encode(progress{message,
                                       options_.link.announcement.agent,
                                       "running",
                                       std::move(line),
                                       {}}));
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
  if (report.error)
    spdlog::warn("task {} failed: {}", id, printable(*report.error));
  else
    spdlog::info("task {} is done ({} bytes)", id, report.content.size());
  // Stopping the bridge terminates its tasks. Their failure is not reported,
  // because the daemon decides what happens to dispatches whose bridge has
  // left. Only tasks that finished successfully are reported.
  if (!stopping_ || !report.error)
    respond({message, options_.link.announcement.agent,
             std::move(report.content), std::move(report.usage),
             std::move(report.error)});
  // The task is still running its handler, so it must not be destroyed yet.
  boost::asio::post(context_, [this, message] {
    std::erase_if(running_,
                  [&](const auto& x) { return x->message() == message; });
    start_next();
    finish_when_idle();
  });
}

// -- responses ----------------------------------------------------------------

void bridge_client::respond(response x) {
  responses_.push_back({x.message, protocol::encode(x)});
  flush();
}

/// Passes the remaining responses to the link until its queue is full.
void bridge_client::flush() {
  while (in_flight_ < responses_.size()
         && link_.send(responses_[in_flight_].frame))
    ++in_flight_;
}

void bridge_client::on_drained() {
  responses_.erase(responses_.begin(),
                   responses_.begin()
                       + static_cast<std::ptrdiff_t>(in_flight_));
  in_flight_ = 0;
  flush();
  resume_tasks();
}

void bridge_client::on_lost() {
  // It is unknown which responses have arrived, so all are sent again.
  in_flight_ = 0;
  // The daemon has already failed or requeued the dispatches that had not
  // started.
  if (!waiting_.empty())
    spdlog::warn("dropped {} waiting tasks because the connection ended",
                 waiting_.size());
  waiting_.clear();
  resume_tasks();
}

void bridge_client::resume_tasks() {
  for (auto& x : running_)
    x->resume();
}

// -- the end ------------------------------------------------------------------

void bridge_client::on_over(exit_code code) {
  over_ = code;
  if (!stopping_)
    return stop();
  finish_when_idle();
}

void bridge_client::finish_when_idle() {
  if (!stopping_ || !running_.empty())
    return;
  if (over_)
    on_done_(*over_);
  else
    link_.stop();
}

} // namespace bridgekeeper::app
