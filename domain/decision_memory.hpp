#pragma once

#include "domain/decision.hpp"

#include <cstddef>
#include <list>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bridgekeeper {

struct decision_limits {
  /// Agents or dispatches of which decisions are remembered.
  std::size_t subjects = 10'000;
  /// The newest decisions about each.
  std::size_t per_subject = 16;
  /// Approximate memory for all.
  std::size_t bytes = 8 * 1024 * 1024;
};

/// The newest decisions about each of many subjects of one kind. When there are
/// too many, the subject about which nothing was decided for the longest time
/// is forgotten. Pure bookkeeping; not thread-safe.
template <class Key>
class decision_memory {
public:
  explicit decision_memory(decision_limits limits) : limits_(limits) {}

  void note(const Key& about, decision x) {
    auto& noted = touch(about);
    auto& list = noted.decisions;
    if (!list.empty() && is_repetition(x, list.back())) {
      list.back().at = x.at;
      list.back().times += x.times;
      return;
    }
    add_bytes(noted, footprint(x));
    list.push_back(std::move(x));
    if (list.size() > limits_.per_subject)
      forget_first(noted);
    while (subjects_.size() > 1
           && (subjects_.size() > limits_.subjects || bytes_ > limits_.bytes))
      forget_oldest();
    while (bytes_ > limits_.bytes && list.size() > 1)
      forget_first(noted);
  }

  /// Oldest first.
  [[nodiscard]] std::vector<decision> about(const Key& key) const {
    auto pos = index_.find(key);
    if (pos == index_.end())
      return {};
    return pos->second->decisions;
  }

  void forget(const Key& key) {
    auto pos = index_.find(key);
    if (pos == index_.end())
      return;
    bytes_ -= pos->second->bytes;
    subjects_.erase(pos->second);
    index_.erase(pos);
  }

  /// Forgets the decisions for which `is_meant(decision)` is true.
  template <class Predicate>
  void forget_if(const Key& key, Predicate is_meant) {
    auto pos = index_.find(key);
    if (pos != index_.end())
      forget_if(*pos->second, is_meant);
  }

  /// The same for all keys, and forgets those about which nothing is left.
  template <class Predicate>
  void forget_if(Predicate is_meant) {
    for (auto i = subjects_.begin(); i != subjects_.end();) {
      auto& x = *i++;
      forget_if(x, is_meant);
      if (x.decisions.empty()) {
        auto key = x.key;
        forget(key);
      }
    }
  }

  [[nodiscard]] bool has(const Key& key) const {
    return index_.contains(key);
  }

  [[nodiscard]] std::size_t size() const noexcept {
    return subjects_.size();
  }

  [[nodiscard]] std::size_t bytes() const noexcept {
    return bytes_;
  }

private:
  struct subject {
    Key key;
    /// Few, and mostly a single one, which costs a deque half a KiB.
    std::vector<decision> decisions;
    std::size_t bytes = 0;
  };

  /// The subject becomes the newest one.
  subject& touch(const Key& key) {
    if (auto pos = index_.find(key); pos != index_.end()) {
      subjects_.splice(subjects_.end(), subjects_, pos->second);
      return *pos->second;
    }
    auto pos = subjects_.insert(subjects_.end(), subject{key, {}, 0});
    index_.emplace(key, pos);
    add_bytes(*pos, sizeof(subject));
    return *pos;
  }

  void add_bytes(subject& x, std::size_t count) {
    x.bytes += count;
    bytes_ += count;
  }

  template <class Predicate>
  void forget_if(subject& from, Predicate is_meant) {
    std::erase_if(from.decisions, [&](const decision& x) {
      auto is_gone = is_meant(x);
      if (is_gone) {
        from.bytes -= footprint(x);
        bytes_ -= footprint(x);
      }
      return is_gone;
    });
  }

  void forget_first(subject& x) {
    auto count = footprint(x.decisions.front());
    x.decisions.erase(x.decisions.begin());
    x.bytes -= count;
    bytes_ -= count;
  }

  void forget_oldest() {
    auto& oldest = subjects_.front();
    bytes_ -= oldest.bytes;
    index_.erase(oldest.key);
    subjects_.pop_front();
  }

  decision_limits limits_;
  /// The one that was noted last is at the end.
  std::list<subject> subjects_;
  std::unordered_map<Key, typename std::list<subject>::iterator> index_;
  std::size_t bytes_ = 0;
};

} // namespace bridgekeeper
