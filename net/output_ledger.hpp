#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_set>

namespace bridgekeeper::net {

/// Counts what waits to be sent to readers: of event streams, and of control
/// channels. Over the budget for all of them, the reader for whom most waits is
/// evicted, then the next, until the rest fits. One for the daemon, shared by
/// its threads. Thread-safe; without a lock while there is room.
class output_ledger : public std::enable_shared_from_this<output_ledger> {
public:
  /// One reader. Lives on its session's thread.
  class account {
  public:
    /// `evict` has the reader leave; called once, on any thread, so it posts.
    account(std::shared_ptr<output_ledger> ledger, std::function<void()> evict);
    ~account();
    account(const account&) = delete;
    account& operator=(const account&) = delete;

    /// So many bytes wait for this reader: held for it alone, and held for
    /// others as well. The latter are counted in all by `add_shared`.
    void owe(std::size_t own, std::size_t shared);

    /// Bytes that wait for this reader.
    [[nodiscard]] std::size_t debt() const noexcept {
      return debt_.load(std::memory_order_relaxed);
    }

  private:
    friend class output_ledger;

    std::shared_ptr<output_ledger> ledger_;
    std::function<void()> evict_;
    std::atomic<std::size_t> debt_{0};
    /// What it has in the total.
    std::size_t own_ = 0;
  };

  explicit output_ledger(std::size_t budget) : budget_(budget) {}

  /// Counts from the next change on.
  void change_budget(std::size_t bytes) noexcept {
    budget_ = bytes;
  }

  /// Something waits that several readers hold together.
  void add_shared(std::size_t bytes);
  void remove_shared(std::size_t bytes) noexcept;

  /// Bytes that wait in all; what several readers hold is counted once.
  [[nodiscard]] std::size_t total() const noexcept {
    return total_.load(std::memory_order_relaxed);
  }

  [[nodiscard]] std::size_t budget() const noexcept {
    return budget_.load(std::memory_order_relaxed);
  }

private:
  void open(account& x);
  void close(account& x);

  /// Evicts the reader that owes most, if there is no more room. Not before the
  /// one that was evicted last has gone: only then is it known what that made
  /// free.
  void make_room();

  std::atomic<std::size_t> budget_;
  std::atomic<std::size_t> total_{0};
  std::mutex mutex_;
  std::unordered_set<account*> accounts_;
  /// Told to leave, and still there.
  const account* leaving_ = nullptr;
};

} // namespace bridgekeeper::net
