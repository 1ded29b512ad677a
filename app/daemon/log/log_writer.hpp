#pragma once

#include <spdlog/logger.h>

#include <chrono>
#include <cstddef>
#include <memory>

namespace spdlog::details {
class thread_pool;
} // namespace spdlog::details

namespace bridgekeeper::app {

class descriptor_sink;

struct log_writer_options {
  int descriptor = 2;
  bool colours = false;
  /// Lines that may wait to be written; beyond it the oldest are lost, which a
  /// line in their place says.
  std::size_t queued_lines = 4096;
  /// How long the end waits for a reader.
  std::chrono::milliseconds farewell{2000};
};

/// Writes a log on a thread of its own, so that whoever logs never waits for
/// who reads. That thread takes no signals.
class log_writer {
public:
  log_writer(const log_writer_options& options,
             std::unique_ptr<spdlog::formatter> format);

  log_writer(const log_writer&) = delete;
  log_writer& operator=(const log_writer&) = delete;

  /// Writes what waits, as far as it is read in time. Nobody logs any more.
  ~log_writer();

  /// Any thread may use it while the writer lives.
  [[nodiscard]] const std::shared_ptr<spdlog::logger>& logger() const noexcept {
    return logger_;
  }

  /// Waits until all that was logged before is written; false if it was not
  /// within `limit`. Any thread but the writer's own.
  bool drain(std::chrono::milliseconds limit);

private:
  log_writer_options options_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<descriptor_sink> sink_;
  std::shared_ptr<spdlog::logger> logger_;
};

} // namespace bridgekeeper::app
