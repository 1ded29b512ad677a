#include "app/daemon/service_report.hpp"

#include <algorithm>
#include <utility>

namespace bridgekeeper::app {

namespace {

using std::chrono::milliseconds;

/// The time between two pings, unless the watchdog needs them more often.
constexpr milliseconds ping_interval{200};

std::string count_of(std::uint64_t count, const char* one, const char* many) {
  return std::to_string(count) + ' ' + (count == 1 ? one : many);
}

} // namespace

std::string describe_load(std::size_t agents, const dispatch_load& load) {
  return count_of(agents, "agent", "agents") + ", "
         + count_of(load.in_flight, "dispatch", "dispatches") + " in flight, "
         + std::to_string(load.queued) + " queued";
}

service_report::service_report(const daemon_threads& threads,
                               service_notifier notifier)
  : threads_(threads), notifier_(std::move(notifier)), pulse_(threads) {
  if (notifier_.is_on())
    extension_.emplace(notifier_);
}

void service_report::tell_started() {
  extension_.reset();
  if (!notifier_.is_on())
    return;
  is_running_ = true;
  pulse_.ping();
  notifier_.tell_ready();
  if (auto interval = notifier_.watchdog_interval())
    next_sign_of_life_ = std::chrono::steady_clock::now() + *interval;
}

void service_report::tell_reloading() {
  notifier_.tell_reloading();
}

void service_report::tell_reloaded() {
  notifier_.tell_ready();
}

void service_report::tell_stopping(milliseconds limit) {
  extension_.reset();
  is_stopping_ = true;
  notifier_.tell_stopping(limit);
}

void service_report::look_after(time_point now) {
  if (!is_running_ || now < next_ping_ || !pulse_.has_all_answers())
    return;
  notifier_.tell_status(status(), now);
  if (auto interval = notifier_.watchdog_interval();
      interval && now >= next_sign_of_life_) {
    notifier_.tell_alive();
    next_sign_of_life_ = now + *interval;
  }
  next_ping_ = now + longest_pause(ping_interval);
  pulse_.ping();
}

milliseconds service_report::longest_pause(milliseconds usual) const noexcept {
  auto interval = notifier_.watchdog_interval();
  if (!interval)
    return usual;
  // A sign of life that is a little late still comes in time.
  auto often = std::chrono::duration_cast<milliseconds>(*interval / 2);
  return std::clamp(often, milliseconds{1}, usual);
}

std::string service_report::status() const {
  auto load = describe_load(pulse_.agents(), threads_.load());
  return is_stopping_ ? "stopping; " + load : load;
}

} // namespace bridgekeeper::app
