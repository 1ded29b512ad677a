#include "app/bridge/bridge_service.hpp"

#include <utility>

namespace bridgekeeper::app {

bridge_service::bridge_service(boost::asio::io_context& context,
                               service_notifier notifier,
                               std::function<std::string()> describe)
  : notifier_(std::move(notifier)), describe_(std::move(describe)),
    watchdog_(context), status_(context) {}

void bridge_service::start() {
  if (!notifier_.is_on())
    return;
  if (notifier_.watchdog_interval())
    give_signs_of_life();
  notifier_.tell_ready();
  on_change();
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

} // namespace bridgekeeper::app
