#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <utility>

namespace bridgekeeper::net {

/// What waits to be written to one peer, frame by frame, and what of it is
/// under way. Counts both; whoever fills it bounds it. Lives on its session's
/// thread.
class frame_queue {
public:
  void push(std::string frame) {
    bytes_ += frame.size();
    waiting_.push_back(std::move(frame));
  }

  /// Hands waiting frames to `write` until `batch` bytes are under way; they
  /// are not needed any more when it returns. Where it returns false nothing
  /// can be written any more, and what waits is dropped.
  template <class Write>
  void start(std::size_t batch, Write write) {
    while (!waiting_.empty() && bytes_under_way_ < batch) {
      const auto& frame = waiting_.front();
      if (!write(frame))
        return drop_waiting();
      bytes_under_way_ += frame.size();
      ++frames_under_way_;
      waiting_.pop_front();
    }
  }

  /// What was under way is written, or never will be.
  void settle() noexcept {
    bytes_ -= std::exchange(bytes_under_way_, 0);
    frames_under_way_ = 0;
  }

  void drop_waiting() noexcept {
    waiting_.clear();
    bytes_ = bytes_under_way_;
  }

  [[nodiscard]] bool is_under_way() const noexcept {
    return frames_under_way_ > 0;
  }

  [[nodiscard]] std::size_t bytes() const noexcept {
    return bytes_;
  }

  [[nodiscard]] std::size_t frames() const noexcept {
    return waiting_.size() + frames_under_way_;
  }

private:
  std::list<std::string> waiting_;
  std::size_t bytes_ = 0;
  std::size_t bytes_under_way_ = 0;
  std::size_t frames_under_way_ = 0;
};

} // namespace bridgekeeper::net
