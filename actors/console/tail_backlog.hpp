#pragma once

#include <cstddef>
#include <string>

namespace bridgekeeper::actors {

struct tail_bounds {
  std::size_t lines = 1000;
  std::size_t bytes = 256 * 1024;
};

/// Lines of a live tail that wait until the operator's terminal has shown those
/// before them. When there is no room, events are left out until the next take,
/// which then ends with a line that says how many: what is missing is missing
/// in one place, and the operator sees where. Knows no actor and no clock.
class tail_backlog {
public:
  tail_backlog() = default;

  explicit tail_backlog(tail_bounds bounds) : bounds_(bounds) {}

  /// Whether the next event can wait here. One always can where nothing waits,
  /// however long it is.
  [[nodiscard]] bool has_room() const noexcept {
    return left_out_ == 0 && lines_ < bounds_.lines
           && text_.size() < bounds_.bytes;
  }

  /// Adds an event, as one line without its end. There must be room.
  void add(const std::string& line) {
    text_ += line;
    text_ += '\n';
    ++lines_;
  }

  /// An event had no room.
  void leave_out() noexcept {
    ++left_out_;
  }

  [[nodiscard]] bool empty() const noexcept {
    return lines_ == 0;
  }

  /// Everything that waits, as whole lines; nothing waits afterwards.
  [[nodiscard]] std::string take();

private:
  tail_bounds bounds_;
  std::string text_;
  std::size_t lines_ = 0;
  std::size_t left_out_ = 0;
};

} // namespace bridgekeeper::actors
