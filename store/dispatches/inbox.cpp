#include "store/dispatches/inbox.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace bridgekeeper::store {

void inbox::put(std::uint32_t thread, std::vector<operation> operations) {
  if (operations.empty())
    return;
  std::size_t bytes = 0;
  auto is_urgent = false;
  for (auto& x : operations) {
    x.thread = thread;
    bytes += footprint(x);
    is_urgent = is_urgent || urgency_of(x) != urgency::lazy;
  }
  auto must_wake = is_urgent;
  {
    std::lock_guard guard{mutex_};
    if (!is_urgent && oldest_lazy_ == time_point::max()) {
      oldest_lazy_ = std::chrono::steady_clock::now();
      must_wake = true;
    }
    must_wake = must_wake && !is_urgent_;
    is_urgent_ = is_urgent_ || is_urgent;
    if (waiting_.empty())
      waiting_ = std::move(operations);
    else
      std::move(operations.begin(), operations.end(),
                std::back_inserter(waiting_));
  }
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
  if (must_wake)
    due_.notify_one();
}

void inbox::put(request x) {
  {
    std::lock_guard guard{mutex_};
    requests_.push_back(std::move(x));
  }
  due_.notify_one();
}

void inbox::close() {
  {
    std::lock_guard guard{mutex_};
    is_closed_ = true;
  }
  due_.notify_one();
}

bool inbox::wait(time_point until) {
  if (taken_ < current_.size())
    return true;
  std::unique_lock guard{mutex_};
  for (;;) {
    if (is_urgent_ || !requests_.empty())
      return true;
    if (is_closed_)
      return !waiting_.empty();
    auto lazy = oldest_lazy_ == time_point::max() ? oldest_lazy_
                                                  : oldest_lazy_ + lazy_delay;
    auto first = std::min(until, lazy);
    if (first <= std::chrono::steady_clock::now())
      return true;
    due_.wait_until(guard, first);
  }
}

std::vector<operation> inbox::take() {
  if (taken_ == current_.size()) {
    current_.clear();
    taken_ = 0;
    std::lock_guard guard{mutex_};
    std::swap(current_, waiting_);
    is_urgent_ = false;
    oldest_lazy_ = time_point::max();
  }
  std::vector<operation> out;
  std::size_t bytes = 0;
  auto end = taken_;
  auto last = std::min(current_.size(), taken_ + max_operations);
  while (end < last && bytes < max_bytes)
    bytes += footprint(current_[end++]);
  if (taken_ == 0 && end == current_.size()) {
    // Usually all: operations are large, and costly to move.
    out = std::exchange(current_, {});
  } else {
    auto begin = current_.begin();
    auto at = [begin](std::size_t i) {
      return std::make_move_iterator(begin + static_cast<std::ptrdiff_t>(i));
    };
    out.assign(at(taken_), at(end));
    taken_ = end;
  }
  bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  return out;
}

std::vector<inbox::request> inbox::take_requests() {
  std::lock_guard guard{mutex_};
  return std::exchange(requests_, {});
}

} // namespace bridgekeeper::store
