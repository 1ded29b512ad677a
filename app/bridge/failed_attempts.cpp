#include "app/bridge/failed_attempts.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace bridgekeeper::app {

bool failed_attempts::add(std::string_view why) {
  ++count_;
  if (std::find(told_.begin(), told_.end(), why) != told_.end()
      || told_.size() == max_reasons)
    return std::has_single_bit(count_);
  told_.emplace_back(why);
  return true;
}

std::size_t failed_attempts::end() {
  told_.clear();
  return std::exchange(count_, 0);
}

std::string connected_after(std::size_t failures, bool again) {
  if (failures == 0)
    return {};
  auto attempts = failures + (again ? 0 : 1);
  return (again ? "; reconnected after " : "; connected after ")
         + std::to_string(attempts)
         + (attempts == 1 ? " attempt" : " attempts");
}

} // namespace bridgekeeper::app
