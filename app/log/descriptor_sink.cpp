#include "app/log/descriptor_sink.hpp"

#include <climits>

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <string>
#include <unistd.h>
#include <utility>

namespace bridgekeeper::app {

namespace {

/// How often a blocked write checks whether it should still wait.
constexpr int patience_ms = 100;

constexpr std::string_view reset_colour = "\x1b[m";

std::string_view colour_of(spdlog::level::level_enum level) {
  switch (level) {
  case spdlog::level::trace:
  case spdlog::level::debug:
    return "\x1b[36m";
  case spdlog::level::info:
    return "\x1b[32m";
  case spdlog::level::warn:
    return "\x1b[33m\x1b[1m";
  default:
    return "\x1b[31m\x1b[1m";
  }
}

} // namespace

descriptor_sink::descriptor_sink(int descriptor, bool colours,
                                 loss_counter losses)
  : log_sink(std::move(losses)), descriptor_(descriptor), colours_(colours) {}

void descriptor_sink::write_line(const spdlog::details::log_msg& line) {
  spdlog::memory_buf_t buffer;
  formatter_->format(line, buffer);
  std::string_view text{buffer.data(), buffer.size()};
  auto begin = line.color_range_start;
  auto end = line.color_range_end;
  if (!colours_ || begin >= end)
    return write(text);
  std::string coloured{text.substr(0, begin)};
  coloured += colour_of(line.level);
  coloured += text.substr(begin, end - begin);
  coloured += reset_colour;
  coloured += text.substr(end);
  write(coloured);
}

void descriptor_sink::write(std::string_view text) {
  // The descriptor is polled and not set to O_NONBLOCK, because that flag would
  // affect all processes that share the descriptor.
  while (!text.empty() && wait_until_writable()) {
    // A writable pipe accepts this many bytes without blocking.
    auto size = std::min<std::size_t>(text.size(), PIPE_BUF);
    auto written = ::write(descriptor_, text.data(), size);
    if (written > 0)
      text.remove_prefix(static_cast<std::size_t>(written));
    else if (errno != EINTR && errno != EAGAIN)
      return;
  }
}

bool descriptor_sink::wait_until_writable() {
  while (!gave_up_) {
    pollfd about{descriptor_, POLLOUT, 0};
    if (::poll(&about, 1, patience_ms) > 0)
      return true;
    gave_up_ = !is_waiting();
  }
  return false;
}

} // namespace bridgekeeper::app
