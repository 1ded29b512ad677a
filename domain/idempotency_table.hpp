#pragma once

#include "domain/idempotency_key.hpp"
#include "domain/ids.hpp"
#include "domain/timestamp.hpp"

#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace bridgekeeper {

/// The idempotency keys of a daemon without a store. Bounded: the oldest key is
/// forgotten first. One instance per daemon; any thread.
class idempotency_table {
public:
  static constexpr std::size_t default_most = 10'000;

  explicit idempotency_table(std::size_t most = default_most) : most_(most) {}

  /// The dispatch that a key belongs to.
  struct use {
    message_id id;
    std::string body_hash;
    /// The dispatch was accepted; otherwise it may still be refused.
    bool is_settled = false;
  };

  /// Reserves `key` for the dispatch `id`, unless another dispatch has it, and
  /// returns whose it is. Every call must be followed by `settle` or `release`
  /// if the key is the caller's.
  [[nodiscard]] use claim(const idempotency_key& key, const message_id& id,
                          timestamp now);

  [[nodiscard]] std::optional<use> find(const idempotency_key& key,
                                        timestamp now);

  /// The dispatch `id` was accepted. Does nothing if the key is not its.
  void settle(const idempotency_key& key, const message_id& id);

  /// The dispatch `id` was refused, so the key is free again. Does nothing if
  /// the key is not its.
  void release(const idempotency_key& key, const message_id& id);

  /// The dispatch `id` was erased. Takes time proportional to the number of
  /// keys.
  void forget(const message_id& id);

private:
  struct entry {
    std::string name;
    use of;
    timestamp until{};
  };

  using entry_list = std::list<entry>;

  // The caller holds the mutex.
  void drop(entry_list::iterator x);
  void drop_expired(timestamp now);
  [[nodiscard]] entry_list::iterator find_entry(const idempotency_key& key);

  std::mutex mutex_;
  std::size_t most_;
  /// Oldest first.
  entry_list entries_;
  std::unordered_map<std::string, entry_list::iterator> by_name_;
};

} // namespace bridgekeeper
