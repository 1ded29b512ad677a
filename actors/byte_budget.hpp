#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace bridgekeeper::actors {

/// Bytes that many may hold together, up to a limit. Thread-safe; shares may
/// outlive whoever made the budget.
class byte_budget : public std::enable_shared_from_this<byte_budget> {
public:
  /// Bytes that are given back at its end. An empty one holds none.
  class share {
  public:
    share() = default;

    share(std::shared_ptr<byte_budget> owner, std::size_t bytes)
      : owner_(std::move(owner)), bytes_(bytes) {}

    share(share&&) noexcept = default;

    share& operator=(share&& other) noexcept {
      std::swap(owner_, other.owner_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }

    ~share() {
      if (owner_)
        owner_->held_.fetch_sub(bytes_, std::memory_order_relaxed);
    }

    [[nodiscard]] explicit operator bool() const noexcept {
      return owner_ != nullptr;
    }

  private:
    std::shared_ptr<byte_budget> owner_;
    std::size_t bytes_ = 0;
  };

  /// An empty share, where that would be more than `limit` in all.
  [[nodiscard]] share try_take(std::size_t bytes, std::size_t limit) {
    if (held_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= limit)
      return {shared_from_this(), bytes};
    held_.fetch_sub(bytes, std::memory_order_relaxed);
    return {};
  }

  [[nodiscard]] std::size_t held() const noexcept {
    return held_.load(std::memory_order_relaxed);
  }

private:
  std::atomic<std::size_t> held_{0};
};

} // namespace bridgekeeper::actors
