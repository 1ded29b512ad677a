#pragma once

#include "protocol/event.hpp"

#include <cstddef>
#include <deque>

namespace bridgekeeper::actors {

/// The JSON of events for the readers of one I/O thread. Readers hear of an
/// event one after the other; the texts of the latest events are held until
/// they had their turn, so that each is made once. A large one is not held: it
/// lasts as long as it is being sent to anyone.
class event_texts {
public:
  static constexpr std::size_t max_held = 256;
  static constexpr std::size_t max_held_bytes = 256 * 1024;

  [[nodiscard]] protocol::shared_text_ptr of(const protocol::event& x);

private:
  std::deque<protocol::shared_text_ptr> held_;
  std::size_t bytes_ = 0;
};

} // namespace bridgekeeper::actors
