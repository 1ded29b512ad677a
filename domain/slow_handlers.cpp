#include "domain/slow_handlers.hpp"

#include <algorithm>
#include <utility>

namespace bridgekeeper {

void slow_handlers::note(slow_handler x) {
  std::lock_guard guard{mutex_};
  ++total_;
  auto& ring = newest_[x.thread];
  ring.push_back(std::move(x));
  if (ring.size() > per_thread)
    ring.pop_front();
}

std::vector<slow_handler> slow_handlers::rows() const {
  std::vector<slow_handler> out;
  {
    std::lock_guard guard{mutex_};
    for (const auto& [thread, ring] : newest_)
      out.insert(out.end(), ring.begin(), ring.end());
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& x, const auto& y) { return x.at > y.at; });
  return out;
}

std::uint64_t slow_handlers::total() const {
  std::lock_guard guard{mutex_};
  return total_;
}

} // namespace bridgekeeper
