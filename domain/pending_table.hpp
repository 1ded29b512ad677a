#pragma once

#include "domain/ids.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bridgekeeper {

/// The dispatches that an agent has yet to respond to, each with its deadline.
/// A response and an expiry both *extract* the entry, so exactly one of them
/// wins. Extracting an entry frees all its memory at once, however distant its
/// deadline is.
template <class Entry>
class pending_table {
public:
  using key = message_id;
  using time_point = std::chrono::steady_clock::time_point;

  /// Returns null if the dispatch is already present. `bytes` counts towards
  /// `bytes()` until the entry is extracted.
  Entry* add(const key& id, time_point deadline, Entry entry,
             std::size_t bytes = 0) {
    auto [pos, added] =
        entries_.try_emplace(id, slot{std::move(entry), {}, bytes});
    if (added) {
      pos->second.due = by_deadline_.emplace(deadline, &pos->first);
      bytes_ += bytes;
    }
    return added ? &pos->second.entry : nullptr;
  }

  [[nodiscard]] Entry* find(const key& id) {
    auto pos = entries_.find(id);
    return pos != entries_.end() ? &pos->second.entry : nullptr;
  }

  [[nodiscard]] std::optional<Entry> extract(const key& id) {
    auto pos = entries_.find(id);
    if (pos == entries_.end())
      return std::nullopt;
    std::optional<Entry> out{std::move(pos->second.entry)};
    by_deadline_.erase(pos->second.due);
    bytes_ -= pos->second.bytes;
    entries_.erase(pos);
    return out;
  }

  /// Extracts one entry whose deadline has passed, earliest first.
  [[nodiscard]] std::optional<Entry> extract_due(time_point now) {
    if (by_deadline_.empty() || by_deadline_.begin()->first > now)
      return std::nullopt;
    return extract(key{*by_deadline_.begin()->second});
  }

  /// Extracts all entries, earliest deadline first.
  [[nodiscard]] std::vector<Entry> extract_all() {
    std::vector<Entry> out;
    out.reserve(entries_.size());
    while (auto entry = extract_due(time_point::max()))
      out.push_back(std::move(*entry));
    return out;
  }

  [[nodiscard]] std::optional<time_point> next_deadline() const {
    if (by_deadline_.empty())
      return std::nullopt;
    return by_deadline_.begin()->first;
  }

  [[nodiscard]] std::size_t size() const noexcept {
    return entries_.size();
  }

  [[nodiscard]] std::size_t bytes() const noexcept {
    return bytes_;
  }

  /// Calls `visit(entry, deadline)` for each entry, earliest deadline first.
  template <class Visitor>
  void for_each(Visitor visit) const {
    for (const auto& [deadline, id] : by_deadline_)
      visit(entries_.at(*id).entry, deadline);
  }

private:
  using deadline_map = std::multimap<time_point, const key*>;

  struct slot {
    Entry entry;
    typename deadline_map::iterator due;
    std::size_t bytes = 0;
  };

  std::unordered_map<key, slot> entries_;
  deadline_map by_deadline_;
  std::size_t bytes_ = 0;
};

} // namespace bridgekeeper
