#include "net/transfer_watch.hpp"

#include <algorithm>
#include <utility>

namespace bridgekeeper::net {

std::size_t transfer_pace::least(std::chrono::milliseconds time) const {
  auto bytes = min_rate * static_cast<std::size_t>(time.count()) / 1000;
  return std::max<std::size_t>(bytes, 1);
}

transfer_watch::transfer_watch(
    deadline_queue& queue, std::function<std::optional<std::size_t>()> moved,
    std::function<void()> on_stall)
  : moved_(std::move(moved)), on_stall_(std::move(on_stall)),
    deadline_(queue, [this] { look(); }) {}

void transfer_watch::begin(duration limit, std::size_t least) {
  if (deadline_.armed())
    return;
  limit_ = limit;
  least_ = least;
  looked_ = 0;
  deadline_.arm(limit_ / looks);
}

void transfer_watch::rest() {
  deadline_.disarm();
}

void transfer_watch::look() {
  auto moved = moved_();
  if (!moved)
    return;
  // The first look only records the current position: finding it when the
  // transfer begins would cost a system call each time.
  auto& oldest = moved_at_[looked_ % looks];
  if (looked_ >= looks && *moved < oldest + least_) {
    // Copy the handler, because it may destroy this watch.
    auto on_stall = on_stall_;
    return on_stall();
  }
  oldest = *moved;
  ++looked_;
  deadline_.arm(limit_ / looks);
}

} // namespace bridgekeeper::net
