#pragma once

#include <spdlog/sinks/base_sink.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string_view>

namespace bridgekeeper::app {

/// Writes lines to a descriptor whose reader may be slow or stopped: a pipe, or
/// a terminal that was paused. A write blocks until the reader continues, so
/// only a thread that does nothing else should use this sink.
class descriptor_sink final : public spdlog::sinks::base_sink<std::mutex> {
public:
  /// Called before each line, on the same thread. Returns how many lines have
  /// been lost so far on their way to this sink.
  using loss_counter = std::function<std::size_t()>;

  /// The caller keeps ownership of `descriptor`. With `colours`, the level is
  /// coloured if the format asks for it.
  descriptor_sink(int descriptor, bool colours, loss_counter losses);

  /// From now on, lines that cannot be written at once are dropped. Any thread.
  void stop_waiting() noexcept {
    waiting_ = false;
  }

  /// The number of flushes that have reached this sink. Everything logged
  /// before them has been written. Any thread.
  [[nodiscard]] std::uint64_t flushes() const noexcept {
    return flushes_;
  }

private:
  void sink_it_(const spdlog::details::log_msg& line) override;
  void flush_() override;

  void tell_losses(const spdlog::details::log_msg& next);
  void write_line(const spdlog::details::log_msg& line);
  void write(std::string_view text);
  [[nodiscard]] bool wait_until_writable();

  int descriptor_;
  bool colours_;
  loss_counter losses_;
  std::size_t told_losses_ = 0;
  std::atomic<bool> waiting_{true};
  std::atomic<std::uint64_t> flushes_{0};
  /// Set if the reader is stuck and the sink no longer waits: all further lines
  /// are dropped.
  bool gave_up_ = false;
};

} // namespace bridgekeeper::app
