#include "actors/failure_errors.hpp"
#include "actors/tell.hpp"
#include "api/control_answers.hpp"
#include "api/control_channel_questions.hpp"
#include "api/dispatch_bodies.hpp"
#include "api/dispatch_lookup.hpp"
#include "api/dispatching.hpp"

#include <iterator>
#include <utility>

namespace bridgekeeper::api {

void control_channel_state::on_request(protocol::control_dispatch x) {
  if (context->draining) {
    note_draining(*context, x.agent, from, x.body.trace);
    return refuse(x.id, nullptr, {errc::draining, {}});
  }
  if (auto why = check_options(x.body.options, *context))
    return refuse(x.id, nullptr, *why);
  auto key = std::move(x.body.idempotency_key);
  auto order = make_order(std::move(x.agent), std::move(x.body),
                          context->control, context->control_session, from);
  if (!order)
    return refuse(x.id, nullptr, order.error());
  order->watched_on = context->index;
  order->wants_progress = !x.quiet;
  order->requester_is_behind = is_behind;
  dispatches.emplace_back(*this, *order, std::move(x.id), x.quiet);
  dispatches.back().place = std::prev(dispatches.end());
  review_reading();
  if (!key.empty())
    order->key =
        make_key(std::move(key), *order, request_form::dispatch, from.token);
  carry_trace(*order);
  auto shared = std::make_shared<const dispatch_order>(std::move(*order));
  shared->key ? submit_unless_repeated(shared) : submit_if_may_follow(shared);
}

void control_channel_state::submit_unless_repeated(
    const dispatch_order_ptr& order) {
  const auto& key = *order->key;
  auto on_use = [this, order](const message_id& known,
                              const std::string& body_hash) {
    if (body_hash != order->key->body_hash)
      return fail_dispatch(*order, {errc::idempotency_conflict, {}});
    if (auto* waiting = find_dispatch(order->task.message))
      waiting->repeat(known);
  };
  if (!context->store) {
    auto found = context->keys->find(key, wall_clock_now());
    return found && found->is_settled ? on_use(found->id, found->body_hash)
                                      : submit_if_may_follow(order);
  }
  context->store->reader().known_key(
      key.scope, key.key,
      answered<std::optional<store::key_use>>(
          [this, order, on_use](const auto& found) {
            if (!found.value)
              return fail_dispatch(*order,
                                   refusal_of(found.why, *context->store));
            if (!*found.value)
              return submit_if_may_follow(order);
            on_use((*found.value)->id, (*found.value)->body_hash);
          },
          [this, order](const failure& why) { fail_dispatch(*order, why); }));
}

void control_channel_state::submit_if_store_knows(
    const dispatch_order_ptr& order) {
  context->store->reader().history(
      *order->followup_to,
      answered<std::optional<store::dispatch_details>>(
          [this, order](const auto& found) {
            if (!found.value)
              return fail_dispatch(*order,
                                   refusal_of(found.why, *context->store));
            *found.value ? submit_after(order, to_record(**found.value))
                         : submit_after_short_id(order);
          },
          [this, order](const failure& why) { fail_dispatch(*order, why); }));
}

void control_channel_state::submit_after_short_id(
    const dispatch_order_ptr& order) {
  auto fail = [this, order](const failure& why) { fail_dispatch(*order, why); };
  find_by_short_id(
      this, *order->followup_to,
      [this, order](const message_id& whole) {
        auto changed = std::make_shared<dispatch_order>(*order);
        changed->followup_to = whole;
        submit_if_may_follow(changed);
      },
      [fail] {
        fail({errc::unknown_dispatch, {}});
      },
      fail);
}

void control_channel_state::submit_after(const dispatch_order_ptr& order,
                                         const dispatch_record& earlier) {
  if (earlier.agent != order->task.agent)
    return fail_dispatch(
        *order, foreign_followup(*order->followup_to, order->task.agent));
  auto resumed = agent_session_of(earlier);
  if (resumed.empty())
    return submit_order(order, 0);
  auto continued = std::make_shared<dispatch_order>(*order);
  continued->agent_session_id = std::move(resumed);
  submit_order(continued, 0);
}

void control_channel_state::fail_dispatch(const dispatch_order& order,
                                          const failure& why) {
  note_refusal(*context, order, why);
  if (auto* waiting = find_dispatch(order.task.message))
    waiting->fail(why);
}

void control_channel_state::submit_order(const dispatch_order_ptr& order,
                                         unsigned attempt) {
  submit(
      self, *context, order, attempt,
      [this, is_quiet = !order->wants_progress,
       id = order->task.message](const acceptance& x) {
        if (x.message != id) {
          if (auto* found = find_dispatch(id))
            found->repeat(x.message);
          return;
        }
        // A quiet client is not told, so there is nothing to look up.
        if (is_quiet)
          return;
        if (auto* found = find_dispatch(x.message))
          found->on_accepted(x.agent);
      },
      [this, order](const failure& why) { fail_dispatch(*order, why); });
}

control_channel_state::client_dispatch*
control_channel_state::find_dispatch(const message_id& id) const {
  auto* found = dynamic_cast<client_dispatch*>(context->board.find(id));
  return found != nullptr && found->is_of(*this) ? found : nullptr;
}

control_channel_state::client_dispatch::client_dispatch(
    control_channel_state& channel, const dispatch_order& order, std::string id,
    bool is_quiet)
  : dispatch_watch(channel.context->board, order.task.message),
    channel_(channel), agent_(order.task.agent), id_(std::move(id)),
    acceptance_is_told_(is_quiet) {}

caf::actor_addr control_channel_state::client_dispatch::owner() const {
  return channel_.self->address();
}

void control_channel_state::client_dispatch::on_accepted(
    const agent_id& agent) {
  if (agent_.str().empty())
    agent_ = agent;
  if (!std::exchange(acceptance_is_told_, true))
    channel_.tell(protocol::encode_accepted(id_, this->id(), agent_));
}

void control_channel_state::client_dispatch::repeat(const message_id& known) {
  auto& channel = channel_;
  auto id = id_;
  channel.dispatches.erase(place);
  channel.review_reading();
  channel.on_request(protocol::control_inquiry{std::move(id), known});
}

void control_channel_state::client_dispatch::on_progress(const progress& x) {
  on_accepted(x.agent);
  channel_.tell(protocol::encode_progress(id_, x));
}

void control_channel_state::client_dispatch::on_outcome(
    const dispatch_outcome& x) {
  on_accepted(x.result ? (*x.result)->agent : agent_id{});
  if (!x.result)
    return end(x.result.error());
  auto& channel = channel_;
  channel.tell(protocol::encode_response(id_, **x.result, x.took));
  channel.dispatches.erase(place);
  channel.review_reading();
}

void control_channel_state::client_dispatch::fail(const failure& why) {
  actors::tell(*channel_.context, fact::request_refused{.why = why,
                                                        .from = channel_.from,
                                                        .agent = &agent_,
                                                        .message = &this->id(),
                                                        .is_new_message = true,
                                                        .is_authorized = true});
  end(why);
}

void control_channel_state::client_dispatch::end(const failure& why) {
  auto& channel = channel_;
  std::optional<std::chrono::seconds> retry_after;
  if (why.code == errc::rate_limited)
    retry_after = time_to_wait(channel.context->admissions->rates(
        agent_, channel.from.ip, channel.context->deadlines.now()));
  channel.tell(protocol::encode_error(id_, &this->id(), why, retry_after));
  channel.dispatches.erase(place);
  channel.review_reading();
}

} // namespace bridgekeeper::api
