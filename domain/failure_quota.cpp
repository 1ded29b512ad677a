#include "domain/failure_quota.hpp"

#include "domain/counted_address.hpp"

#include <utility>

namespace bridgekeeper {

bool failure_quota::admit(const std::string& ip, std::string_view gate,
                          std::string_view reason, time_point now) {
  auto address = counted_address(ip);
  std::lock_guard guard{mutex_};
  if (!end_)
    end_ = now + rule_.window;
  auto known = counts_.find(address);
  auto may_write = lines_ < rule_.lines;
  if (known == counts_.end()) {
    // Addresses are added only while there are lines left, which bounds the
    // memory.
    if (!may_write) {
      ++of_others_;
      return false;
    }
    known = counts_.emplace(std::move(address), count{}).first;
  }
  auto& mine = known->second;
  if (may_write && mine.lines < rule_.lines_per_address) {
    ++mine.lines;
    ++lines_;
    return true;
  }
  mine.held_back.gate = gate;
  mine.held_back.reason = reason;
  ++mine.held_back.suppressed;
  return false;
}

std::vector<failure_quota::summary> failure_quota::collect(time_point now) {
  std::lock_guard guard{mutex_};
  if (!end_ || now < *end_)
    return {};
  return close_window();
}

std::vector<failure_quota::summary> failure_quota::collect_all() {
  std::lock_guard guard{mutex_};
  return close_window();
}

std::size_t failure_quota::addresses() const {
  std::lock_guard guard{mutex_};
  return counts_.size();
}

std::vector<failure_quota::summary> failure_quota::close_window() {
  std::vector<summary> out;
  summary rest;
  rest.suppressed = of_others_;
  for (auto& [address, x] : counts_) {
    if (x.held_back.suppressed == 0)
      continue;
    if (out.size() == rule_.summaries) {
      rest.suppressed += x.held_back.suppressed;
      continue;
    }
    x.held_back.address = address;
    out.push_back(std::move(x.held_back));
  }
  if (rest.suppressed > 0)
    out.push_back(std::move(rest));
  end_.reset();
  lines_ = 0;
  of_others_ = 0;
  counts_.clear();
  return out;
}

} // namespace bridgekeeper
