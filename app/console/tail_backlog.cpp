#include "app/console/tail_backlog.hpp"

#include <utility>

namespace bridgekeeper::console {

void tail_backlog::add(event_ptr x, bool terminal_has_stopped) {
  if (left_out_ > 0) {
    ++left_out_;
  } else {
    arrive(*x);
    events_.push_back(std::move(x));
  }
  const auto& bound = terminal_has_stopped ? bounds_.stopped : bounds_.prompt;
  while (is_beyond(bound)) {
    leave(*events_.back());
    events_.pop_back();
    ++left_out_;
  }
}

void tail_backlog::arrive(const event& x) noexcept {
  bytes_ += footprint(x);
  if (is_expendable(x))
    progress_bytes_ += footprint(x);
}

void tail_backlog::leave(const event& x) noexcept {
  bytes_ -= footprint(x);
  if (is_expendable(x))
    progress_bytes_ -= footprint(x);
}

std::string tail_backlog::take_gap() {
  if (left_out_ == 0)
    return {};
  auto count = std::to_string(std::exchange(left_out_, 0));
  // A JSON object like every other line, so that programs can parse the output.
  return R"({"event_type":"gap","message":")" + count
         + R"( events left out","left_out":)" + count + "}\n";
}

} // namespace bridgekeeper::console
