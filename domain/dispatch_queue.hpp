#pragma once

#include "domain/dispatch_options.hpp"
#include "domain/ids.hpp"
#include "domain/time_point.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bridgekeeper {

/// How a dispatch waits.
struct waiting_terms {
  message_id id;
  dispatch_priority priority = dispatch_priority::normal;
  /// Those who wait in the same lane are served in the order of their arrival;
  /// the lanes of a priority take turns.
  std::string lane;
  /// Not served before this time, which is that of a retry.
  time_point not_before{};
  /// Given up at this time.
  time_point expires = time_point::max();
  /// Counts towards `bytes()`.
  std::size_t bytes = 0;
};

/// Dispatches that wait for the same thing, such as a free slot of one agent.
/// They are served by priority, then in turn among lanes, then by arrival.
/// Every operation costs O(log n) or the number of lanes. Pure bookkeeping.
template <class Entry>
class dispatch_queue {
public:
  /// The id must not be in the queue.
  void push(waiting_terms terms, Entry entry) {
    auto pos = places_.try_emplace(terms.id).first;
    auto& place = pos->second;
    auto is_ready = terms.not_before == time_point{};
    place.expiry = expiries_.emplace(terms.expires, &pos->first);
    bytes_ += terms.bytes;
    place.node.push_back({std::move(terms), std::move(entry)});
    if (is_ready)
      enter_lane(place);
    else
      place.retry =
          retries_.emplace(place.node.front().terms.not_before, &pos->first);
  }

  /// Those whose retry time has come may be served from now on.
  void admit_retries(time_point now) {
    while (!retries_.empty() && retries_.begin()->first <= now) {
      auto& place = places_.at(*retries_.begin()->second);
      retries_.erase(*place.retry);
      place.retry.reset();
      enter_lane(place);
    }
  }

  /// The next in turn that may be served at `now`.
  [[nodiscard]] std::optional<Entry> extract_next(time_point now) {
    return extract_next(now, [](const Entry&) { return true; });
  }

  /// The next in turn that may be served at `now` and is `wanted`. Costs as
  /// many calls of `wanted` as there are entries, at most.
  template <class Predicate>
  [[nodiscard]] std::optional<Entry> extract_next(time_point now,
                                                  Predicate wanted) {
    admit_retries(now);
    for (auto& lanes : lanes_)
      for (auto lane = lanes.begin(); lane != lanes.end(); ++lane)
        for (const auto& node : lane->nodes)
          if (wanted(node.entry)) {
            auto id = node.terms.id;
            // The others in this lane come after all other lanes.
            lanes.splice(lanes.end(), lanes, lane);
            return extract(id);
          }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<Entry> extract(const message_id& id) {
    auto pos = places_.find(id);
    if (pos == places_.end())
      return std::nullopt;
    auto& place = pos->second;
    auto& nodes = place.lane ? (*place.lane)->nodes : place.node;
    auto node = place.lane ? *place.position : place.node.begin();
    std::optional<Entry> out{std::move(node->entry)};
    bytes_ -= node->terms.bytes;
    expiries_.erase(place.expiry);
    if (place.retry)
      retries_.erase(*place.retry);
    auto lane = place.lane;
    auto& lanes = lanes_of(node->terms.priority);
    nodes.erase(node);
    if (lane && (*lane)->nodes.empty())
      lanes.erase(*lane);
    places_.erase(pos);
    return out;
  }

  /// One that has waited for too long, if any.
  [[nodiscard]] std::optional<Entry> extract_expired(time_point now) {
    if (expiries_.empty() || expiries_.begin()->first > now)
      return std::nullopt;
    return extract(message_id{*expiries_.begin()->second});
  }

  /// All, in the order in which they would be served.
  [[nodiscard]] std::vector<Entry> extract_all() {
    std::vector<Entry> out;
    out.reserve(size());
    while (auto entry = extract_next(time_point::max()))
      out.push_back(std::move(*entry));
    return out;
  }

  /// When the next one expires or becomes ready for its retry.
  [[nodiscard]] std::optional<time_point> next_due() const {
    std::optional<time_point> out;
    for (const auto* all : {&expiries_, &retries_})
      if (!all->empty() && all->begin()->first != time_point::max())
        out = std::min(out.value_or(time_point::max()), all->begin()->first);
    return out;
  }

  /// How many are served before this one, if nothing else arrives; empty if it
  /// is not in the queue. Of two that wait for a retry, the earlier one counts.
  [[nodiscard]] std::optional<std::size_t>
  count_before(const message_id& id) const {
    auto pos = places_.find(id);
    if (pos == places_.end())
      return std::nullopt;
    const auto& place = pos->second;
    if (!place.lane) {
      std::size_t out = size() - retries_.size();
      for (const auto& [when, other] : retries_) {
        if (*other == id)
          break;
        ++out;
      }
      return out;
    }
    return count_before(place);
  }

  [[nodiscard]] bool contains(const message_id& id) const {
    return places_.contains(id);
  }

  /// Whether any may be served now, rather than at the time of its retry.
  [[nodiscard]] bool has_ready() const noexcept {
    return places_.size() > retries_.size();
  }

  [[nodiscard]] bool empty() const noexcept {
    return places_.empty();
  }

  [[nodiscard]] std::size_t size() const noexcept {
    return places_.size();
  }

  [[nodiscard]] std::size_t bytes() const noexcept {
    return bytes_;
  }

private:
  struct node_type {
    waiting_terms terms;
    Entry entry;
  };

  using node_list = std::list<node_type>;

  struct lane_type {
    std::string name;
    node_list nodes;
  };

  /// The lanes of one priority; the first one is served next.
  using lane_list = std::list<lane_type>;
  using due_map = std::multimap<time_point, const message_id*>;

  struct place_type {
    /// Holds the entry while it waits for its retry.
    node_list node;
    std::optional<typename lane_list::iterator> lane;
    std::optional<typename node_list::iterator> position;
    typename due_map::iterator expiry;
    std::optional<typename due_map::iterator> retry;
  };

  [[nodiscard]] static std::size_t index_of(dispatch_priority x) noexcept {
    return static_cast<std::size_t>(1 - static_cast<int>(x));
  }

  [[nodiscard]] lane_list& lanes_of(dispatch_priority x) {
    return lanes_.at(index_of(x));
  }

  void enter_lane(place_type& place) {
    const auto& terms = place.node.front().terms;
    auto& lanes = lanes_of(terms.priority);
    auto lane = std::find_if(lanes.begin(), lanes.end(), [&](const auto& x) {
      return x.name == terms.lane;
    });
    if (lane == lanes.end())
      lane = lanes.insert(lanes.end(), lane_type{terms.lane, {}});
    place.lane = lane;
    place.position = place.node.begin();
    lane->nodes.splice(lane->nodes.end(), place.node);
  }

  [[nodiscard]] std::size_t count_before(const place_type& place) const {
    const auto& terms = (*place.position)->terms;
    std::size_t out = 0;
    for (std::size_t i = 0; i < index_of(terms.priority); ++i)
      for (const auto& lane : lanes_.at(i))
        out += lane.nodes.size();
    typename node_list::const_iterator position = *place.position;
    auto in_lane = static_cast<std::size_t>(
        std::distance((*place.lane)->nodes.cbegin(), position));
    // Lanes that come first are served once more than those that come later.
    auto turns = in_lane + 1;
    for (const auto& lane : lanes_.at(index_of(terms.priority))) {
      if (&lane == &**place.lane)
        turns = in_lane;
      out += std::min(lane.nodes.size(), turns);
    }
    return out;
  }

  std::unordered_map<message_id, place_type> places_;
  /// High, normal, low.
  std::array<lane_list, 3> lanes_;
  due_map expiries_;
  due_map retries_;
  std::size_t bytes_ = 0;
};

} // namespace bridgekeeper
