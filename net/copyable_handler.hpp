#pragma once

// Private to this room.

#include <memory>
#include <type_traits>
#include <utility>

namespace bridgekeeper::net {

/// Makes a handler fit into a `std::function`, which requires a copyable
/// target: the handlers of Beast's and Asio's composed operations are
/// move-only. It may be called once.
template <class Handler>
[[nodiscard]] auto copyable(Handler&& handler) {
  return [shared = std::make_shared<std::decay_t<Handler>>(
              std::forward<Handler>(handler))](auto... xs) {
    std::move (*shared)(xs...);
  };
}

} // namespace bridgekeeper::net
