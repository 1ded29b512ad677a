#include "actors/store_deliveries.hpp"

#include "actors/event_journal.hpp"
#include "net/error_boundary.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace bridgekeeper::actors {

namespace {

/// Messages to followers that one turn may cause.
constexpr std::size_t messages_a_turn = 200;

} // namespace

store_deliveries::store_deliveries(thread_context& core, poster post,
                                   receiver receive)
  : core_(core), post_(std::move(post)), receive_(std::move(receive)) {}

void store_deliveries::publish(std::vector<event_ptr> events) {
  std::size_t bytes = 0;
  for (const auto& x : events)
    bytes += footprint(*x);
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
  std::unique_lock guard{mutex_};
  std::move(events.begin(), events.end(), std::back_inserter(waiting_));
  auto must = must_post();
  guard.unlock();
  if (must)
    post_turn();
}

void store_deliveries::complete(std::uint32_t thread,
                                std::vector<store::completion> x) {
  std::unique_lock guard{mutex_};
  waiting_.emplace_back(completions{thread, std::move(x)});
  auto must = must_post();
  guard.unlock();
  if (must)
    post_turn();
}

bool store_deliveries::must_post() {
  return !std::exchange(is_posted_, true);
}

void store_deliveries::post_turn() {
  post_([this] { take_turn(); });
}

void store_deliveries::take_turn() {
  std::size_t messages = 0;
  auto has_told_followers = false;
  while (messages < messages_a_turn) {
    std::unique_lock guard{mutex_};
    if (waiting_.empty()) {
      is_posted_ = false;
      return;
    }
    // They have the messages, but have not handled them yet.
    if (has_told_followers
        && std::holds_alternative<completions>(waiting_.front()))
      break;
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    guard.unlock();
    net::contain("what the store has recorded", [&] {
      auto told = deliver(next);
      auto is_event = std::holds_alternative<event_ptr>(next);
      has_told_followers = has_told_followers || (is_event && told > 0);
      // Even an event without followers takes some time.
      messages += told + (is_event ? 4 : 0);
    });
  }
  // Whatever the followers have to do comes first.
  post_turn();
}

std::size_t store_deliveries::deliver(delivery& x) {
  if (auto* event = std::get_if<event_ptr>(&x)) {
    bytes_.fetch_sub(footprint(**event), std::memory_order_relaxed);
    return core_.journal->take_recorded(*event);
  }
  auto& done = std::get<completions>(x);
  auto out = done.list.size();
  receive_(done.thread, std::move(done.list));
  return out;
}

} // namespace bridgekeeper::actors
