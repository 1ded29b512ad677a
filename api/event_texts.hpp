#pragma once

#include "domain/event.hpp"

#include <cstddef>
#include <deque>

namespace bridgekeeper::api {

/// The JSON of events for the readers of one I/O thread. Readers hear of an
/// event one after the other; the texts of the latest events are held until
/// they had their turn, so that each is made once. Of large ones only the
/// newest is held; others last as long as they wait to be sent to anyone.
class event_texts {
public:
  static constexpr std::size_t max_held = 256;
  static constexpr std::size_t max_held_bytes = 256 * 1024;

  [[nodiscard]] shared_text_ptr of(const event& x);

private:
  std::deque<shared_text_ptr> held_;
  shared_text_ptr newest_large_;
  std::size_t bytes_ = 0;
};

} // namespace bridgekeeper::api
