#pragma once

#include "actors/failure_errors.hpp"
#include "api/control_channel.hpp"
#include "api/core_question.hpp"

#include <utility>

// How a control channel asks core actors and the store.

namespace bridgekeeper::api {

template <class Reply, class Whom, class OnReply, class... Ts>
void control_channel_state::ask(Whom core_handles::*whom, const std::string& id,
                                std::optional<message_id> about,
                                OnReply on_reply, Ts... words) {
  ask_or<Reply>(
      whom, on_reply,
      [this, id, about](const caf::error& error) {
        refuse(id, about ? &*about : nullptr, to_failure(error));
      },
      words...);
}

template <class Reply, class Whom, class OnReply, class OnError, class... Ts>
void control_channel_state::ask_or(Whom core_handles::*whom, OnReply on_reply,
                                   OnError on_error, Ts... words) {
  ask_in<Reply>(questions, whom, on_reply, on_error, words...);
}

template <class Reply, class Whom, class OnReply, class OnError, class... Ts>
void control_channel_state::ask_in(question_queue& queue,
                                   Whom core_handles::*whom, OnReply on_reply,
                                   OnError on_error, Ts... words) {
  auto number = ++asked;
  add_question(queue, {number, core_question<Reply>(
                                   self, *context, whom,
                                   [this, &queue, number] {
                                     return settle(queue, number);
                                   },
                                   [this, on_reply](const Reply& reply) {
                                     on_reply(reply);
                                     put_next_questions();
                                   },
                                   [this, on_error](const caf::error& error) {
                                     on_error(error);
                                     put_next_questions();
                                   },
                                   words...)});
}

template <class Reply, class Whom, class OnReply, class OnError, class... Ts>
void control_channel_state::ask_once(Whom core_handles::*whom, OnReply on_reply,
                                     OnError on_error, Ts... words) {
  auto number = ++asked;
  auto put = [this, number, whom, on_reply, on_error, words...] {
    self->request(context->core.*whom, caf::infinite, words...)
        .then(
            [this, number, on_reply](const Reply& reply) {
              if (!settle(questions, number))
                return;
              on_reply(reply);
              put_next_questions();
            },
            [this, number, on_error](const caf::error& error) {
              if (!settle(questions, number))
                return;
              on_error(error);
              put_next_questions();
            });
  };
  add_question(questions, {number, std::move(put)});
}

template <class T, class Query, class Then, class Otherwise>
void control_channel_state::ask_store(Query query, Then then,
                                      Otherwise otherwise) {
  auto number = ++asked;
  auto put = [this, number, query, then, otherwise] {
    query(context->store->reader(),
          received<T>([this, number, then, otherwise](const auto& found) {
            if (!settle(questions, number))
              return;
            take_answer(found, then, otherwise);
            put_next_questions();
          }));
  };
  add_question(questions, {number, std::move(put)});
}

} // namespace bridgekeeper::api
