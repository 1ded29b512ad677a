#pragma once

#include <spdlog/sinks/base_sink.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string_view>

namespace bridgekeeper::app {

/// Writes lines to a descriptor that perhaps nobody reads: a pipe, or a
/// terminal that was told to stand still. Whoever logs here waits until the
/// reader goes on, so it is for a thread that has nothing else to do.
class descriptor_sink final : public spdlog::sinks::base_sink<std::mutex> {
public:
  /// Asked before each line, on the same thread: how many lines were lost on
  /// the way to this sink since the beginning.
  using loss_counter = std::function<std::size_t()>;

  /// `descriptor` stays the caller's. With `colours` the level is coloured
  /// where the format says so.
  descriptor_sink(int descriptor, bool colours, loss_counter losses);

  /// From now on what is not taken at once is dropped. Any thread.
  void stop_waiting() noexcept {
    waiting_ = false;
  }

  /// How many flushes have come this far, with all that was logged before them.
  /// Any thread.
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
  /// Nobody reads, and nobody is waited for any more.
  bool gave_up_ = false;
};

} // namespace bridgekeeper::app
