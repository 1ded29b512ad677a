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
  // Collect the due deadlines first: deadlines that their handlers arm, even
  // with no delay, must wait for the next call.
  set_type due;
  while (!deadlines_.empty() && deadlines_.begin()->when() <= limit) {
    auto& x = *deadlines_.begin();
    x.disarm();
    due.insert(x);
  }
  while (!due.empty()) {
    auto& x = *due.begin();
    x.disarm();
    // Copy the handler, because it may destroy its deadline. An exception must
    // not skip the other deadlines that are due.
    contain("the handler of a deadline", [&x] {
      auto on_expiry = x.on_expiry_;
      on_expiry();
    });
  }
}

} // namespace bridgekeeper::net
