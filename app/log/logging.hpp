#pragma once

#include "app/log/log_options.hpp"
#include "app/log/log_writer.hpp"

#include <chrono>
#include <string_view>

namespace bridgekeeper::app {

/// Sets up spdlog to write to standard error according to `x`. The default
/// logger is called `bridgekeeper`. Must be called once, before other threads
/// are started; logging is thread-safe from then on. The caller has checked
/// `x`; invalid values are treated as `info` and `auto`.
void set_up_logging(const log_options& x);

/// Logging for a daemon: its threads must not wait for the reader of the log,
/// so a separate thread writes it. The destructor, and a handler for
/// termination by a defect, write the queued lines unless the reader is too
/// slow. Afterwards, logging works as after `set_up_logging`. Only one object
/// may exist at a time, and it must be created and destroyed while there are no
/// other threads.
class background_log {
public:
  explicit background_log(const log_options& x);

  background_log(const background_log&) = delete;
  background_log& operator=(const background_log&) = delete;

  ~background_log();

private:
  log_options section_;
  log_writer writer_;
};

/// Waits until the `background_log` has written everything logged so far.
/// Returns false if that takes longer than `limit`, and true if there is no
/// `background_log`. For a process that is about to end without destructors.
/// Any thread.
bool flush_log(std::chrono::milliseconds limit);

/// Changes the level of all loggers. Returns false and changes nothing if the
/// level does not exist. Any thread.
bool set_log_level(std::string_view name);

} // namespace bridgekeeper::app
