#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>

namespace bridgekeeper::bench {

/// Starts `count` things, `width` at once, and says when all have come up.
class ramp {
public:
  ramp(std::size_t count, std::size_t width,
       std::function<void(std::size_t)> start)
    : count_(count), width_(width), start_(std::move(start)) {}

  void begin(std::function<void()> all_up) {
    all_up_ = std::move(all_up);
    for (auto n = std::min(width_, count_); n > 0; --n)
      start_(started_++);
  }

  /// One of those started is up.
  void one_up() {
    if (started_ < count_)
      start_(started_++);
    if (++up_ == count_)
      all_up_();
  }

private:
  std::size_t count_;
  std::size_t width_;
  std::function<void(std::size_t)> start_;
  std::function<void()> all_up_;
  std::size_t started_ = 0;
  std::size_t up_ = 0;
};

} // namespace bridgekeeper::bench
