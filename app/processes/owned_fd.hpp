#pragma once

#include <unistd.h>
#include <utility>

namespace bridgekeeper::app {

/// A descriptor that the destructor closes.
class owned_fd {
public:
  owned_fd() = default;

  explicit owned_fd(int fd) noexcept : fd_(fd) {}

  owned_fd(owned_fd&& other) noexcept : fd_(other.take()) {}

  owned_fd& operator=(owned_fd&& other) noexcept {
    reset(other.take());
    return *this;
  }

  owned_fd(const owned_fd&) = delete;

  owned_fd& operator=(const owned_fd&) = delete;

  ~owned_fd() {
    reset();
  }

  /// Closes the descriptor and owns `fd` instead.
  void reset(int fd = -1) noexcept {
    if (auto old = std::exchange(fd_, fd); old >= 0)
      ::close(old);
  }

  [[nodiscard]] int get() const noexcept {
    return fd_;
  }

  [[nodiscard]] bool valid() const noexcept {
    return fd_ >= 0;
  }

  /// Gives the descriptor to the caller.
  [[nodiscard]] int take() noexcept {
    return std::exchange(fd_, -1);
  }

private:
  int fd_ = -1;
};

} // namespace bridgekeeper::app
