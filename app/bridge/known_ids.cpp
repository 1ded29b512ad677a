#include "app/bridge/known_ids.hpp"

#include "domain/limits.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace bridgekeeper::app {

namespace {

resume_state to_resume_state(known_ids::state x) {
  switch (x) {
  case known_ids::state::waiting:
    return resume_state::waiting;
  case known_ids::state::running:
    return resume_state::running;
  default:
    return resume_state::finished;
  }
}

} // namespace

std::optional<known_ids::state> known_ids::find(const message_id& id) const {
  if (auto i = live_.find(id); i != live_.end())
    return i->second;
  if (gone_.contains(id))
    return state::gone;
  return std::nullopt;
}

void known_ids::set(const message_id& id, state x) {
  if (x == state::gone) {
    live_.erase(id);
    gone_.insert(id);
    return;
  }
  gone_.erase(id);
  live_.insert_or_assign(id, x);
}

void known_ids::forget(const message_id& id) {
  live_.erase(id);
}

std::vector<resume_entry> known_ids::unacknowledged() const {
  std::vector<resume_entry> out;
  out.reserve(live_.size());
  for (const auto& [id, x] : live_)
    out.push_back({id, to_resume_state(x)});
  std::stable_partition(out.begin(), out.end(), [](const auto& x) {
    return x.state == resume_state::finished;
  });
  return out;
}

std::vector<std::vector<resume_entry>>
to_resume_pages(std::vector<resume_entry> list) {
  std::vector<std::vector<resume_entry>> out;
  auto begin = std::make_move_iterator(list.begin());
  auto left = list.size();
  do {
    auto size = std::min(left, max_resume_entries);
    auto end = begin + static_cast<std::ptrdiff_t>(size);
    out.emplace_back(begin, end);
    begin = end;
    left -= size;
  } while (left > 0);
  return out;
}

} // namespace bridgekeeper::app
