#pragma once

#include "app/systemd/service_notifier.hpp"

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <string>

namespace bridgekeeper::app {

/// What a bridge tells the service manager: that it has started, what it is
/// doing, that it stops, and that its loop turns. Runs on the thread of its
/// `io_context`; without a service manager it does nothing.
class bridge_service {
public:
  /// `describe` returns the status, for example `registered; 1 task running, 0
  /// waiting`.
  bridge_service(boost::asio::io_context& context, service_notifier notifier,
                 std::function<std::string()> describe);

  /// The service is ready, even though the link is not registered yet: the
  /// daemon may be out of reach for days, and the start of the machine must not
  /// wait for it.
  void start();

  /// The status may have changed.
  void on_change();

  /// The bridge stops, which takes no longer than `limit`. Only the first call
  /// has an effect.
  void on_stopping(std::chrono::milliseconds limit);

private:
  void give_signs_of_life();

  service_notifier notifier_;
  std::function<std::string()> describe_;
  boost::asio::steady_timer watchdog_;
  boost::asio::steady_timer status_;
  bool is_stopping_ = false;
  bool is_status_due_ = false;
};

} // namespace bridgekeeper::app
