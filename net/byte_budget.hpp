#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace bridgekeeper::net {

/// A number of bytes that many holders share. Each share grows as needed, and
/// no share grows while the budget is exhausted. Thread-safe.
class byte_budget {
public:
  explicit byte_budget(std::size_t limit) : limit_(limit) {}

  byte_budget(const byte_budget&) = delete;
  byte_budget& operator=(const byte_budget&) = delete;

  /// Bytes that are already taken stay taken.
  void change_limit(std::size_t limit) noexcept {
    limit_.store(limit, std::memory_order_relaxed);
  }

  [[nodiscard]] std::size_t limit() const noexcept {
    return limit_.load(std::memory_order_relaxed);
  }

  [[nodiscard]] std::size_t used() const noexcept {
    return used_.load(std::memory_order_relaxed);
  }

  /// The bytes taken by one holder; returned when the share is destroyed. Used
  /// by one thread at a time. Keeps the budget alive.
  class share {
  public:
    /// A share without a budget, which may grow without bound.
    share() = default;

    explicit share(std::shared_ptr<byte_budget> budget)
      : budget_(std::move(budget)) {}

    share(share&& other) noexcept
      : budget_(std::move(other.budget_)),
        held_(std::exchange(other.held_, 0)) {}

    share& operator=(share&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(held_, other.held_);
      return *this;
    }

    ~share() {
      give_back();
    }

    /// Makes the share at least `bytes` large. Returns false and changes
    /// nothing if the budget has no room.
    [[nodiscard]] bool grow_to(std::size_t bytes) noexcept {
      if (!budget_ || bytes <= held_)
        return true;
      if (!budget_->take(bytes - held_))
        return false;
      held_ = bytes;
      return true;
    }

    void give_back() noexcept {
      if (budget_)
        budget_->used_.fetch_sub(std::exchange(held_, 0),
                                 std::memory_order_relaxed);
    }

    /// Returns all bytes to the budget; later growth is not counted.
    void leave() noexcept {
      give_back();
      budget_.reset();
    }

    [[nodiscard]] bool is_counted() const noexcept {
      return budget_ != nullptr;
    }

  private:
    std::shared_ptr<byte_budget> budget_;
    std::size_t held_ = 0;
  };

private:
  [[nodiscard]] bool take(std::size_t bytes) noexcept {
    auto before = used_.fetch_add(bytes, std::memory_order_relaxed);
    if (before + bytes <= limit_.load(std::memory_order_relaxed))
      return true;
    used_.fetch_sub(bytes, std::memory_order_relaxed);
    return false;
  }

  std::atomic<std::size_t> used_{0};
  std::atomic<std::size_t> limit_;
};

} // namespace bridgekeeper::net
