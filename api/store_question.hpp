#pragma once

#include "actors/store_port.hpp"
#include "api/thread_context.hpp"
#include "domain/result.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace bridgekeeper::api {

/// The failure that a requester gets if the store could not answer.
[[nodiscard]] inline failure refusal_of(store::read_failure x) {
  switch (x) {
  case store::read_failure::overloaded:
    return {errc::unavailable, "Too many queries wait for the store"};
  case store::read_failure::timed_out:
    return {errc::unavailable, "The query took the store too long"};
  case store::read_failure::none:
  case store::read_failure::unavailable:
    break;
  }
  return {errc::unavailable, "The store cannot be read at the moment"};
}

/// The same for a dispatch whose key could not be looked up: a store in trouble
/// refuses all dispatches with the same reason.
[[nodiscard]] inline failure refusal_of(store::read_failure x,
                                        const store_port& port) {
  auto trouble = port.state().trouble.load();
  return x == store::read_failure::unavailable && trouble != store::fault::none
             ? failure{actors::to_errc(trouble), {}}
             : refusal_of(x);
}

/// The failure for what only a daemon with a store can do: `consequence`.
[[nodiscard]] inline failure no_store(std::string_view consequence) {
  return {errc::unavailable, "This daemon has no store (store.durability = "
                             "\"none\"), so "
                                 + std::string{consequence}};
}

/// A callback for a query of `store::reader`. Calls `then(answer)` on the
/// thread of `port`, which must outlive the query.
template <class T, class Then>
[[nodiscard]] store::reader::callback<T> answer_on(store_port& port,
                                                   Then then) {
  return [&port, then = std::move(then)](store::answer<T> x) {
    port.post([then, x = std::make_shared<store::answer<T>>(std::move(x))] {
      then(*x);
    });
  };
}

} // namespace bridgekeeper::api
