#pragma once

#include "domain/slow_handlers.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper {

/// One running actor, as the operator sees it.
struct actor_row {
  std::uint64_t id = 0;
  std::string name;
  /// What the actor stands for, such as an agent's id; may be empty.
  std::string subject;
  /// Index of its I/O thread; unset: CAF's worker pool.
  std::optional<std::size_t> thread;
  std::size_t mailbox_depth = 0;
  std::size_t handled = 0;
  std::chrono::milliseconds age{};
};

/// All running actors. Thread-safe.
class actor_statistics : public std::enable_shared_from_this<actor_statistics> {
public:
  /// The entry of one actor. The actor updates its counters without a lock; the
  /// destructor removes the entry.
  class entry {
  public:
    entry(std::shared_ptr<actor_statistics> book, std::uint64_t id,
          const char* name, std::optional<std::size_t> thread);
    ~entry();
    entry(const entry&) = delete;
    entry& operator=(const entry&) = delete;

    /// The actor stands for this from now on.
    void stand_for(std::string subject);

    /// A message was put into the mailbox. May be called on any thread.
    void count_arrival() noexcept {
      arrived_.fetch_add(1, std::memory_order_relaxed);
    }

    /// A message was handled without passing through the mailbox.
    void count_direct() noexcept {
      count_arrival();
      count_handled(1);
    }

    void count_handled(std::size_t messages) noexcept {
      handled_.fetch_add(messages, std::memory_order_relaxed);
    }

    /// The actor took long to handle this message: see `slow_handlers`. Only on
    /// the actor's own thread.
    void note_slow(std::string message, std::chrono::nanoseconds took) const;

    /// The actor has ended and is no longer listed, even if handles to it
    /// remain. Idempotent.
    void remove();

    /// The mailbox is empty.
    void count_all_handled() noexcept {
      handled_.store(arrived_.load(std::memory_order_relaxed),
                     std::memory_order_relaxed);
    }

  private:
    friend class actor_statistics;

    std::shared_ptr<actor_statistics> book_;
    std::uint64_t id_;
    const char* name_;
    /// Only the actor's own thread changes it, under the lock.
    std::string subject_;
    std::optional<std::size_t> thread_;
    std::chrono::steady_clock::time_point born_;
    std::atomic<std::size_t> arrived_{0};
    std::atomic<std::size_t> handled_{0};
    std::list<entry*>::iterator place_;
    bool listed_ = true;
  };

  /// All running actors, oldest first.
  [[nodiscard]] std::vector<actor_row> rows() const;

  /// An actor with this name died and another one takes its place.
  void count_restart(std::string_view name);

  /// How many messages wait in the mailboxes of all actors with the same name,
  /// and how often such an actor was restarted. An actor that has neither run
  /// nor died has no entry.
  struct kind_totals {
    std::size_t actors = 0;
    std::size_t waiting = 0;
    std::uint64_t restarts = 0;
  };

  [[nodiscard]] std::map<std::string, kind_totals, std::less<>> totals() const;

  [[nodiscard]] const slow_handlers& slow() const noexcept {
    return slow_;
  }

private:
  mutable std::mutex mutex_;
  std::list<entry*> entries_;
  std::map<std::string, std::uint64_t, std::less<>> restarts_;
  slow_handlers slow_;
};

} // namespace bridgekeeper
