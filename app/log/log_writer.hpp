#pragma once

#include <spdlog/logger.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace spdlog::details {
class thread_pool;
} // namespace spdlog::details

namespace bridgekeeper::app {

class log_sink;

struct log_writer_options {
  /// The program's name in the journal, if the log goes there instead of to the
  /// descriptor; otherwise empty.
  std::string journal_identifier = {};
  int descriptor = 2;
  bool colours = false;
  /// The maximum number of lines that wait to be written. If there are more,
  /// the oldest are lost, and a line in their place says so.
  std::size_t queued_lines = 4096;
  /// How long the destructor waits for the reader.
  std::chrono::milliseconds on_close{2000};
};

/// Writes the log on a separate thread, so that logging never waits for the
/// reader of the log. The thread blocks all signals.
class log_writer {
public:
  log_writer(const log_writer_options& options,
             std::unique_ptr<spdlog::formatter> format);

  log_writer(const log_writer&) = delete;
  log_writer& operator=(const log_writer&) = delete;

  /// Writes the queued lines, unless the reader is too slow. The logger must
  /// not be used any more.
  ~log_writer();

  /// The logger may be used on any thread during the lifetime of the writer.
  [[nodiscard]] const std::shared_ptr<spdlog::logger>& logger() const noexcept {
    return logger_;
  }

  /// Waits until everything logged so far has been written. Returns false if
  /// that takes longer than `limit`. Any thread except the writer's own.
  bool drain(std::chrono::milliseconds limit);

private:
  log_writer_options options_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<log_sink> sink_;
  std::shared_ptr<spdlog::logger> logger_;
};

} // namespace bridgekeeper::app
