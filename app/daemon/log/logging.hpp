#pragma once

#include "app/config/config.hpp"
#include "app/daemon/log/log_writer.hpp"

#include <chrono>
#include <string_view>

namespace bridgekeeper::app {

/// Makes spdlog write to standard error as `x` says: text where that is a
/// terminal and JSON lines where it is not, unless the format is named. The
/// default logger is called `bridgekeeper`. Call it once before there are other
/// threads; logging itself is thread-safe from then on. `x` was checked by
/// `load_config`; what it would refuse counts as `info` and `auto`.
void set_up_logging(const config::log_section& x);

/// The same for as long as it lives, for a daemon: its threads must not wait
/// for who reads the log, so one of their own writes it. What was logged is
/// written when this ends and when the process is terminated by a defect, as
/// far as somebody reads it; after it logging is as `set_up_logging` makes it.
/// One at a time; made and destroyed while there are no other threads.
class background_log {
public:
  explicit background_log(const config::log_section& x);

  background_log(const background_log&) = delete;
  background_log& operator=(const background_log&) = delete;

  ~background_log();

private:
  config::log_section section_;
  log_writer writer_;
};

/// Waits until a `background_log` has written what was logged before; false if
/// that took longer than `limit`. Without one nothing waits to be written. For
/// a process that is about to end without destructors; any thread.
bool flush_log(std::chrono::milliseconds limit);

/// Changes what is logged from now on, by all loggers. Returns false and
/// changes nothing where there is no such level. Any thread.
bool set_log_level(std::string_view name);

/// The name of the level in force.
[[nodiscard]] std::string_view log_level() noexcept;

} // namespace bridgekeeper::app
