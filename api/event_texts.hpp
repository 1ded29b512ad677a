#pragma once

#include "domain/event.hpp"

#include <cstddef>
#include <deque>

namespace bridgekeeper::api {

/// Generates the JSON of events for the readers of one I/O thread. An event
/// reaches its readers one after the other; the most recent texts are kept in
/// the meantime, so that each is generated only once. Only the newest large
/// text is kept; other large texts last for as long as they wait to be sent to
/// any reader.
class event_texts {
public:
  static constexpr std::size_t max_held = 256;
  static constexpr std::size_t max_held_bytes = 256 * 1024;

  /// The JSON of this event, generated now unless it still exists.
  [[nodiscard]] shared_text_ptr of(const event& x);

private:
  std::deque<shared_text_ptr> held_;
  shared_text_ptr newest_large_;
  std::size_t bytes_ = 0;
};

} // namespace bridgekeeper::api
