#include "api/control_channel_questions.hpp"

#include "actors/failure_errors.hpp"
#include "actors/tell.hpp"
#include "api/answer_parts.hpp"
#include "api/control_answers.hpp"
#include "api/cost_reset.hpp"
#include "api/dispatch_lookup.hpp"
#include "domain/dispatch_record.hpp"
#include "protocol/record_json.hpp"

#include <memory>
#include <utility>

namespace bridgekeeper::api {

namespace {

/// The delay after which a client should ask again for a response that exceeded
/// the budget; the same as over HTTP.
constexpr auto answer_retry = std::chrono::seconds{1};

} // namespace

void control_channel_state::add_question(question_queue& queue, question x) {
  queue.waiting.push_back(std::move(x));
  put_next_questions();
}

bool control_channel_state::settle(question_queue& queue,
                                   std::uint64_t number) {
  if (queue.waiting.empty() || queue.waiting.front().number != number)
    return false;
  queue.waiting.pop_front();
  queue.is_asking = false;
  return true;
}

void control_channel_state::put_next_questions() {
  for (auto* queue : {&questions, &outcomes})
    if (!queue->is_asking && !queue->waiting.empty() && large_answer.expired()
        && !session->is_full()) {
      queue->is_asking = true;
      queue->waiting.front().put();
    }
  review_reading();
}

void control_channel_state::tell_answer(const std::string& id,
                                        const message_id* about,
                                        std::string frame) {
  if (frame.size() <= part_cost)
    return tell(std::move(frame));
  auto place = context->answers->admit(who->label, {frame.size(), nullptr, 0});
  if (!place)
    return refuse(id, about, place.error(), answer_retry);
  // The place is released when the answer has been written or dropped.
  auto let_go = [place = *place, weak = std::weak_ptr{on_answer_taken}](
                    const shared_text* x) mutable {
    delete x;
    place.reset();
    if (auto call = weak.lock())
      net::contain("the end of an answer", *call);
  };
  shared_text_ptr text{new shared_text{std::move(frame)}, std::move(let_go)};
  large_answer = text;
  tell({{}, std::move(text), {}});
}

template <class Encode>
void control_channel_state::tell_answer(const std::string& id,
                                        const message_id* about,
                                        std::size_t least, Encode encode) {
  // Do not encode an answer that cannot get a place.
  if (least > part_cost)
    if (auto place = context->answers->admit(who->label, {least, nullptr, 0});
        !place)
      return refuse(id, about, place.error(), answer_retry);
  tell_answer(id, about, encode());
}

void control_channel_state::submit_if_may_follow(
    const dispatch_order_ptr& order) {
  if (!order->followup_to)
    return submit_order(order, 0);
  ask_or<dispatch_record>(
      &core_handles::events,
      [this, order](const dispatch_record& x) { submit_after(order, x); },
      [this, order](const caf::error& error) {
        // The event hub remembers only the newest dispatches.
        context->store ? submit_if_store_knows(order)
                       : fail_dispatch(*order, to_failure(error));
      },
      record_atom_v, *order->followup_to);
}

void control_channel_state::on_request(const protocol::control_list& x) {
  ask<agent_list>(
      &core_handles::registry, x.id, std::nullopt,
      [this, id = x.id](const agent_list& agents) {
        tell_answer(
            id, nullptr,
            protocol::encode_agents(id, to_json(*agents), agents->size()));
      },
      list_atom_v);
}

void control_channel_state::on_request(const protocol::control_inquiry& x) {
  find_recorded(
      this, x.message,
      [this, id = x.id](const known_dispatch& found) {
        const auto& record = found.record;
        tell_answer(id, &record.message, footprint(record) + found.more.size(),
                    [&] {
                      return protocol::encode_record(
                          id, protocol::encode(record, found.more));
                    });
      },
      [this, id = x.id, message = x.message](const failure& why) {
        refuse(id, &message, why);
      });
}

void control_channel_state::on_request(const protocol::control_costs& x) {
  if (x.reset_session && !who->scopes.covers(token_scope::admin))
    return refuse(x.id, nullptr,
                  {errc::missing_scope, "The token lacks the scope admin"});
  if (x.reset_session)
    reset_costs(*context, from);
  tell(protocol::encode_costs(
      x.id, costs_json(*context->control_session,
                       context->admissions->costs(wall_clock_now()))));
}

void control_channel_state::on_request(const protocol::control_forget& x) {
  ask<bool>(
      &core_handles::registry, x.id, std::nullopt,
      [this, id = x.id, agent = x.agent](bool) {
        actors::tell(*context, fact::agent_forgotten{agent, from});
        tell(protocol::encode_forgotten(id, agent));
      },
      forget_atom_v, x.agent);
}

void control_channel_state::on_request(const protocol::control_task& x) {
  ask<task_view>(
      &core_handles::events, x.id, std::nullopt,
      [this, id = x.id, agent = x.agent](const task_view& task) {
        tell_answer(
            id, nullptr, task.record ? footprint(*task.record) : 0,
            [&] { return protocol::encode_task(id, task_json(agent, task)); });
      },
      task_atom_v, x.agent);
}

} // namespace bridgekeeper::api
