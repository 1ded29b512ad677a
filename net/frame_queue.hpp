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

  struct batch {
    std::size_t bytes = 0;
    std::size_t frames = 0;
  };

  /// Hands waiting frames to `write` until they are `limit` bytes or more; they
  /// are not needed any more when it returns. Where it returns false nothing
  /// can be written any more, and what waits is dropped. What was handed over
  /// is under way until it is settled.
  template <class Write>
  batch start(std::size_t limit, Write write) {
    batch out;
    while (!waiting_.empty() && out.bytes < limit) {
      const auto& frame = waiting_.front();
      if (!write(frame)) {
        drop_waiting();
        break;
      }
      out.bytes += frame.size();
      ++out.frames;
      bytes_under_way_ += frame.size();
      ++frames_under_way_;
      waiting_.pop_front();
    }
    return out;
  }

  /// It is written, or never will be.
  void settle(const batch& x) noexcept {
    bytes_ -= x.bytes;
    bytes_under_way_ -= x.bytes;
    frames_under_way_ -= x.frames;
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
