#include "api/event_feed.hpp"

#include <charconv>
#include <utility>

namespace bridgekeeper::api {

void event_feed::on_history(past_events past) {
  if (state_ != state_type::waiting)
    return;
  if (written_ > past.up_to) {
    // There is no such event yet, so the position that the reader claims does
    // not come from this daemon. Start from the beginning of the history.
    written_ = 0;
    read_to_ = 0;
    gap_ = true;
    state_ = state_type::behind;
    return;
  }
  state_ = past.more ? state_type::behind : state_type::live;
  gap_ = gap_ || past.gap;
  read_to_ = past.read_to;
  ends_ = past.ended && !past.more;
  newest_ = written_;
  for (auto& x : past.events) {
    if (x->sequence <= written_)
      continue;
    newest_ = x->sequence;
    past_.push(std::move(x));
  }
}

void event_feed::on_event(const event_ptr& x) {
  if (state_ != state_type::live || ends_ || x->sequence <= newest_)
    return;
  if (backlog_.add(x)) {
    newest_ = x->sequence;
    ends_ = which_.ends_with(*x);
  } else {
    // The event does not fit. The history has it.
    state_ = state_type::behind;
  }
}

void event_feed::leave_to_history() {
  past_.clear();
  backlog_.clear();
  newest_ = written_;
  read_to_ = 0;
  ends_ = false;
  if (state_ == state_type::live)
    state_ = state_type::behind;
}

std::string event_place::text() const {
  return epoch + '-' + std::to_string(sequence);
}

event_place event_place::parse(std::string_view text) {
  auto dash = text.rfind('-');
  if (dash == std::string_view::npos || dash == 0)
    return {};
  event_place out{std::string{text.substr(0, dash)}, 0};
  auto number = text.substr(dash + 1);
  auto [end, error] = std::from_chars(
      number.data(), number.data() + number.size(), out.sequence);
  if (error != std::errc{} || end != number.data() + number.size())
    return {};
  return out;
}

} // namespace bridgekeeper::api
