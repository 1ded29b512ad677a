#pragma once

#include "app/log/log_sink.hpp"

#include <string_view>

namespace bridgekeeper::app {

/// Writes lines to a descriptor whose reader may be slow or stopped: a pipe, or
/// a terminal that was paused.
class descriptor_sink final : public log_sink {
public:
  /// The caller keeps ownership of `descriptor`. With `colours`, the level is
  /// coloured if the format asks for it.
  descriptor_sink(int descriptor, bool colours, loss_counter losses);

private:
  void write_line(const spdlog::details::log_msg& line) override;
  void write(std::string_view text);
  [[nodiscard]] bool wait_until_writable();

  int descriptor_;
  bool colours_;
  /// Set if the reader is stuck and the sink no longer waits: all further lines
  /// are dropped.
  bool gave_up_ = false;
};

} // namespace bridgekeeper::app
