#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_set>

namespace bridgekeeper::net {

/// Counts the output pending for all readers of event streams and control
/// channels. When their common budget is exceeded, the reader with the most
/// pending output is evicted, then the next, until the rest fits. The daemon
/// has a single instance, shared by its threads. Thread-safe; takes no lock
/// while there is room.
class output_ledger : public std::enable_shared_from_this<output_ledger> {
public:
  /// One reader's share. Lives on its session's thread.
  class account {
  public:
    /// `evict` must end the reader. It is called once, on any thread, so it
    /// should post.
    account(std::shared_ptr<output_ledger> ledger, std::function<void()> evict);
    ~account();
    account(const account&) = delete;
    account& operator=(const account&) = delete;

    /// Sets the number of bytes pending for this reader: those held only for
    /// it, and those also held for others. The latter are added to the total by
    /// `add_shared`.
    void owe(std::size_t own, std::size_t shared);

    /// Bytes pending for this reader.
    [[nodiscard]] std::size_t debt() const noexcept {
      return debt_.load(std::memory_order_relaxed);
    }

  private:
    friend class output_ledger;

    std::shared_ptr<output_ledger> ledger_;
    std::function<void()> evict_;
    std::atomic<std::size_t> debt_{0};
    /// This reader's part of the total.
    std::size_t own_ = 0;
  };

  explicit output_ledger(std::size_t budget) : budget_(budget) {}

  /// Takes effect with the next change of any account.
  void change_budget(std::size_t bytes) noexcept {
    budget_ = bytes;
  }

  /// Adds pending bytes that several readers share.
  void add_shared(std::size_t bytes);
  void remove_shared(std::size_t bytes) noexcept;

  /// Total bytes pending; shared ones are counted once.
  [[nodiscard]] std::size_t total() const noexcept {
    return total_.load(std::memory_order_relaxed);
  }

  [[nodiscard]] std::size_t budget() const noexcept {
    return budget_.load(std::memory_order_relaxed);
  }

private:
  void open(account& x);
  void close(account& x);

  /// Evicts the reader with the most pending output if the budget is exceeded.
  /// Waits until the previously evicted reader has ended, because only then is
  /// it known how much that freed.
  void make_room();

  std::atomic<std::size_t> budget_;
  std::atomic<std::size_t> total_{0};
  std::mutex mutex_;
  std::unordered_set<account*> accounts_;
  /// The evicted reader that has not ended yet.
  const account* leaving_ = nullptr;
};

} // namespace bridgekeeper::net
