#include "domain/rate_window.hpp"

#include <algorithm>

namespace bridgekeeper {

void rate_window::change_limit(std::int64_t limit) {
  limit_ = limit;
  if (!is_off())
    return;
  order_.clear();
  arrivals_.clear();
}

bool rate_window::has_room(const std::string& key, time_point now) {
  if (is_off() || key.empty())
    return true;
  forget_old(now);
  auto pos = arrivals_.find(key);
  return pos == arrivals_.end()
         || static_cast<std::int64_t>(pos->second.size()) < limit_;
}

void rate_window::add(const std::string& key, time_point now) {
  if (is_off() || key.empty())
    return;
  auto& entry = *arrivals_.try_emplace(key).first;
  entry.second.push_back(now);
  order_.push_back(&entry);
}

void rate_window::take_back(const std::string& key) {
  auto pos = arrivals_.find(key);
  if (pos == arrivals_.end())
    return;
  pos->second.pop_back();
  order_.erase(std::find(order_.rbegin(), order_.rend(), &*pos).base() - 1);
  if (pos->second.empty())
    arrivals_.erase(pos);
}

rate_view rate_window::look(const std::string& key, time_point now) {
  rate_view out{limit_, -1, {}};
  if (is_off())
    return out;
  forget_old(now);
  out.remaining = limit_;
  auto pos = arrivals_.find(key);
  if (pos == arrivals_.end())
    return out;
  auto count = static_cast<std::int64_t>(pos->second.size());
  out.remaining = std::max<std::int64_t>(limit_ - count, 0);
  // If the limit was lowered there may be more entries than it allows, and the
  // surplus must expire first.
  auto surplus =
      static_cast<std::size_t>(std::max<std::int64_t>(count - limit_, 0));
  out.reset = std::chrono::ceil<std::chrono::seconds>(pos->second[surplus]
                                                      + length - now);
  return out;
}

void rate_window::forget_old(time_point now) {
  while (!order_.empty()) {
    auto& [key, times] = *order_.front();
    if (times.front() + length > now)
      return;
    times.pop_front();
    order_.pop_front();
    if (times.empty())
      arrivals_.erase(arrivals_.find(key));
  }
}

} // namespace bridgekeeper
