#pragma once

#include <spdlog/sinks/base_sink.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>

namespace bridgekeeper::app {

/// A sink whose receiver may be slow or stopped. Writing a line blocks until
/// the receiver continues, so only a thread that does nothing else should use
/// such a sink.
class log_sink : public spdlog::sinks::base_sink<std::mutex> {
public:
  /// Called before each line, on the same thread. Returns how many lines have
  /// been lost so far on their way to this sink.
  using loss_counter = std::function<std::size_t()>;

  explicit log_sink(loss_counter losses);

  /// From now on, lines that cannot be written at once are dropped. Any thread.
  void stop_waiting() noexcept {
    waiting_ = false;
  }

  /// The number of flushes that have reached this sink. Everything logged
  /// before them has been written. Any thread.
  [[nodiscard]] std::uint64_t flushes() const noexcept {
    return flushes_;
  }

protected:
  virtual void write_line(const spdlog::details::log_msg& line) = 0;

  [[nodiscard]] bool is_waiting() const noexcept {
    return waiting_;
  }

private:
  void sink_it_(const spdlog::details::log_msg& line) final;
  void flush_() final;

  void tell_losses(const spdlog::details::log_msg& next);

  loss_counter losses_;
  std::size_t told_losses_ = 0;
  std::atomic<bool> waiting_{true};
  std::atomic<std::uint64_t> flushes_{0};
};

} // namespace bridgekeeper::app
