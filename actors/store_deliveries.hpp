#pragma once

#include "actors/thread_context.hpp"
#include "store/dispatches/completion.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <variant>
#include <vector>

namespace bridgekeeper::actors {

/// What the store's writer has committed, on its way to the daemon. Everything
/// passes the thread of the core actors in the order of the commits, so that
/// the event journal has an event, and its followers have been told, before
/// anything follows from the commit. A turn of the loop takes only as many
/// events as the followers can handle: a commit may have hundreds of events,
/// and each is a message to each follower.
class store_deliveries {
public:
  /// Runs a task on the thread of the core actors.
  using poster = std::function<void(std::function<void()>)>;
  /// Passes completions on to an I/O thread. Called on the thread of the core
  /// actors, and may do what follows within the call if that is the one.
  using receiver =
      std::function<void(std::uint32_t thread, std::vector<store::completion>)>;

  /// `core` is the context of the core actors' thread; it must outlive this.
  store_deliveries(thread_context& core, poster post, receiver receive);

  store_deliveries(const store_deliveries&) = delete;
  store_deliveries& operator=(const store_deliveries&) = delete;

  // -- the writer's thread ----------------------------------------------------

  void publish(std::vector<event_ptr> events);
  void complete(std::uint32_t thread, std::vector<store::completion> x);

  // -- any thread -------------------------------------------------------------

  /// The memory of events that the journal has not taken yet.
  [[nodiscard]] std::size_t waiting_bytes() const noexcept {
    return bytes_.load(std::memory_order_relaxed);
  }

private:
  struct completions {
    std::uint32_t thread = 0;
    std::vector<store::completion> list;
  };

  using delivery = std::variant<event_ptr, completions>;

  /// Must be called with the lock; returns whether a turn must be posted.
  [[nodiscard]] bool must_post();
  void post_turn();
  void take_turn();
  /// Returns how many messages that has caused.
  std::size_t deliver(delivery& x);

  thread_context& core_;
  poster post_;
  receiver receive_;
  std::atomic<std::size_t> bytes_{0};
  std::mutex mutex_;
  // The mutex guards the following two.
  std::deque<delivery> waiting_;
  bool is_posted_ = false;
};

} // namespace bridgekeeper::actors
