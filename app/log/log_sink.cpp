#include "app/log/log_sink.hpp"

#include <string>
#include <utility>

namespace bridgekeeper::app {

log_sink::log_sink(loss_counter losses) : losses_(std::move(losses)) {}

void log_sink::sink_it_(const spdlog::details::log_msg& line) {
  tell_losses(line);
  write_line(line);
}

void log_sink::flush_() {
  ++flushes_;
}

void log_sink::tell_losses(const spdlog::details::log_msg& next) {
  auto all = losses_();
  auto lost = all - std::exchange(told_losses_, all);
  if (lost == 0)
    return;
  auto text = std::to_string(lost)
              + " log lines were lost here because they were written faster "
                "than they were read";
  write_line({next.logger_name, spdlog::level::warn, text});
}

} // namespace bridgekeeper::app
