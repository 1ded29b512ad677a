#include "app/bridge/bridge_service.hpp"

#include <utility>

namespace bridgekeeper::app {

namespace {

/// How often an unregistered bridge asks for more time, and for how much.
constexpr std::chrono::seconds start_interval{10};
constexpr std::chrono::seconds start_time{30};
constexpr int max_start_rounds = 3;

} // namespace

bridge_service::bridge_service(boost::asio::io_context& context,
                               service_notifier notifier,
                               std::function<std::string()> describe)
  : notifier_(std::move(notifier)), describe_(std::move(describe)),
    watchdog_(context), start_(context), status_(context) {}

void bridge_service::start() {
  if (!notifier_.is_on())
    return;
  if (notifier_.watchdog_interval())
    give_signs_of_life();
  ask_for_time();
  on_change();
}

void bridge_service::on_registered() {
  get_ready();
  on_change();
}

void bridge_service::get_ready() {
  if (std::exchange(is_ready_, true))
    return;
  start_.cancel();
  notifier_.tell_ready();
}

void bridge_service::on_change() {
  if (!notifier_.is_on() || is_status_due_
      || notifier_.tell_status(describe_(), std::chrono::steady_clock::now()))
    return;
  is_status_due_ = true;
  status_.expires_after(service_notifier::status_interval);
  status_.async_wait([this](auto ec) {
    is_status_due_ = false;
    if (!ec)
      on_change();
  });
}

void bridge_service::on_stopping(std::chrono::milliseconds limit) {
  if (std::exchange(is_stopping_, true))
    return;
  start_.cancel();
  notifier_.tell_stopping(limit);
  on_change();
}

void bridge_service::give_signs_of_life() {
  notifier_.tell_alive();
  watchdog_.expires_after(*notifier_.watchdog_interval());
  watchdog_.async_wait([this](auto ec) {
    if (!ec)
      give_signs_of_life();
  });
}

void bridge_service::ask_for_time() {
  notifier_.ask_for_time(start_time);
  start_.expires_after(start_interval);
  start_.async_wait([this](auto ec) {
    if (ec)
      return;
    // The machine does not wait longer for a daemon that may be down.
    ++start_rounds_ < max_start_rounds ? ask_for_time() : get_ready();
  });
}

} // namespace bridgekeeper::app
