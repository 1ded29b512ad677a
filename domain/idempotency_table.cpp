#include "domain/idempotency_table.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace bridgekeeper {

namespace {

/// Labels of tokens contain no NUL.
std::string name_of(const idempotency_key& x) {
  return x.scope + '\0' + x.key;
}

} // namespace

idempotency_table::use idempotency_table::claim(const idempotency_key& key,
                                                const message_id& id,
                                                timestamp now) {
  std::lock_guard guard{mutex_};
  drop_expired(now);
  if (auto found = find_entry(key); found != entries_.end())
    return found->of;
  entries_.push_back({name_of(key), {id, key.body_hash, false}, key.until});
  auto added = std::prev(entries_.end());
  by_name_.emplace(added->name, added);
  if (entries_.size() > most_)
    drop(entries_.begin());
  return {id, key.body_hash, false};
}

std::optional<idempotency_table::use>
idempotency_table::find(const idempotency_key& key, timestamp now) {
  std::lock_guard guard{mutex_};
  drop_expired(now);
  auto found = find_entry(key);
  return found != entries_.end() ? std::optional{found->of} : std::nullopt;
}

void idempotency_table::settle(const idempotency_key& key,
                               const message_id& id) {
  std::lock_guard guard{mutex_};
  if (auto found = find_entry(key);
      found != entries_.end() && found->of.id == id)
    found->of.is_settled = true;
}

void idempotency_table::release(const idempotency_key& key,
                                const message_id& id) {
  std::lock_guard guard{mutex_};
  if (auto found = find_entry(key);
      found != entries_.end() && found->of.id == id)
    drop(found);
}

void idempotency_table::forget(const message_id& id) {
  std::lock_guard guard{mutex_};
  auto found = std::find_if(entries_.begin(), entries_.end(),
                            [&id](const entry& x) { return x.of.id == id; });
  if (found != entries_.end())
    drop(found);
}

void idempotency_table::drop(entry_list::iterator x) {
  by_name_.erase(x->name);
  entries_.erase(x);
}

void idempotency_table::drop_expired(timestamp now) {
  // All keys live equally long, so the oldest one expires first.
  while (!entries_.empty() && entries_.front().until <= now)
    drop(entries_.begin());
}

idempotency_table::entry_list::iterator
idempotency_table::find_entry(const idempotency_key& key) {
  auto found = by_name_.find(name_of(key));
  return found != by_name_.end() ? found->second : entries_.end();
}

} // namespace bridgekeeper
