#include "net/deadline_queue.hpp"

#include "net/error_boundary.hpp"

#include <utility>

namespace bridgekeeper::net {

void deadline::arm(duration after) {
  unlink();
  when_ = queue_.now() + after;
  queue_.insert(*this);
}

deadline_queue::deadline_queue(clock_function clock,
                               std::function<void(time_point)> on_sooner)
  : clock_(std::move(clock)), on_sooner_(std::move(on_sooner)) {}

std::optional<time_point> deadline_queue::next() const {
  if (deadlines_.empty())
    return std::nullopt;
  return deadlines_.begin()->when();
}

void deadline_queue::insert(deadline& x) {
  auto pos = deadlines_.insert(x);
  if (on_sooner_ && pos == deadlines_.begin())
    on_sooner_(x.when());
}

void deadline_queue::run_due() {
  auto limit = now();
  // Set aside first: what an expiry arms, even for now, has its turn later.
  set_type due;
  while (!deadlines_.empty() && deadlines_.begin()->when() <= limit) {
    auto& x = *deadlines_.begin();
    x.disarm();
    due.insert(x);
  }
  while (!due.empty()) {
    auto& x = *due.begin();
    x.disarm();
    // A copy, because the deadline may be destroyed by what it causes. Those
    // that are due with it must not be lost if it throws.
    contain("the handler of a deadline", [&x] {
      auto on_expiry = x.on_expiry_;
      on_expiry();
    });
  }
}

} // namespace bridgekeeper::net
