#include "api/event_texts.hpp"

#include "protocol/event_json.hpp"

namespace bridgekeeper::api {

namespace {

/// Longer texts are large and would displace too many others.
constexpr std::size_t largest_small = 16 * 1024;

} // namespace

shared_text_ptr event_texts::of(const event& x) {
  if (auto known = x.text.find())
    return known;
  auto made = protocol::text_of(x);
  if (made->text.size() > largest_small)
    return newest_large_ = made;
  held_.push_back(made);
  bytes_ += made->text.size();
  while (held_.size() > max_held || bytes_ > max_held_bytes) {
    bytes_ -= held_.front()->text.size();
    held_.pop_front();
  }
  return made;
}

} // namespace bridgekeeper::api
