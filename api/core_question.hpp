#pragma once

#include "actors/failure_errors.hpp"
#include "actors/interfaces.hpp"
#include "api/thread_context.hpp"

#include <functional>

namespace bridgekeeper::api {

// Only for messages that the core actor answers itself. If it delegates a
// message to an agent, the death of that agent looks like its own, and nobody
// puts the question again.

/// Returns a function that asks the core actor `whom` a question on behalf of
/// the actor `self`. If the core actor dies before it replies, neither handler
/// is called; `self` must call the function again when the core actors have
/// been replaced. The old and the new core actor may then both reply, so
/// `settle` must return true for the first reply only. `settle` and the
/// handlers are called on the thread of `self`.
template <class Reply, class Self, class Whom, class Settle, class OnReply,
          class OnError, class... Ts>
[[nodiscard]] std::function<void()>
core_question(Self* self, thread_context& context, Whom core_handles::*whom,
              Settle settle, OnReply on_reply, OnError on_error, Ts... words) {
  return [self, &context, whom, settle, on_reply, on_error, words...] {
    self->request(context.core.*whom, caf::infinite, words...)
        .then(
            [settle, on_reply](const Reply& reply) {
              if (settle())
                on_reply(reply);
            },
            [settle, on_error](const caf::error& error) {
              if (!is_unhandled(error) && settle())
                on_error(error);
            });
  };
}

} // namespace bridgekeeper::api
