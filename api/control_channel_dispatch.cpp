#include "actors/failure_errors.hpp"
#include "api/control_answers.hpp"
#include "api/control_channel.hpp"
#include "api/dispatching.hpp"
#include "api/store_question.hpp"
#include "net/error_boundary.hpp"

#include <iterator>
#include <utility>

namespace bridgekeeper::api {

void control_channel_state::on_request(protocol::control_dispatch x) {
  if (context->draining)
    return tell(protocol::encode_error(x.id, nullptr, {errc::draining, {}}));
  auto order = make_order(std::move(x.agent), std::move(x.body),
                          context->control, context->control_session, from);
  if (!order)
    return tell(protocol::encode_error(x.id, nullptr, order.error()));
  order->watched_on = context->index;
  order->wants_progress = !x.quiet;
  order->requester_is_behind = is_behind;
  if (!x.idempotency_key.empty() && !context->store)
    return tell(protocol::encode_error(
        x.id, nullptr, no_store("idempotency_key has no effect")));
  dispatches.emplace_back(*this, *order, std::move(x.id), x.quiet);
  dispatches.back().place = std::prev(dispatches.end());
  review_reading();
  if (!x.idempotency_key.empty())
    order->key = make_key(std::move(x.idempotency_key), *order, from.token);
  auto shared = std::make_shared<const dispatch_order>(std::move(*order));
  shared->key ? submit_unless_repeated(shared) : submit_order(shared, 0);
}

void control_channel_state::submit_unless_repeated(
    const dispatch_order_ptr& order) {
  // Through the board: the channel may have ended when the answer arrives.
  auto decide = [this, order](const auto& found) {
    auto* waiting = find_dispatch(order->task.message);
    if (waiting == nullptr)
      return;
    if (!found.value)
      return waiting->fail(refusal_of(found.why));
    if (!*found.value)
      return submit_order(order, 0);
    if ((*found.value)->body_hash != order->key->body_hash)
      return waiting->fail({errc::idempotency_conflict, {}});
    waiting->repeat((*found.value)->id);
  };
  if (!anchor)
    anchor = std::make_shared<control_channel_state*>(this);
  context->store->reader().known_key(
      order->key->scope, order->key->key,
      answer_on<std::optional<store::key_use>>(
          *context->store,
          [weak = std::weak_ptr{anchor},
           decide](store::answer<std::optional<store::key_use>>& found) {
            if (!weak.expired())
              net::contain("an answer of the store", [&] { decide(found); });
          }));
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
          found->on_accepted();
      },
      [this, id = order->task.message](const failure& why) {
        if (auto* found = find_dispatch(id))
          found->fail(why);
      });
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

void control_channel_state::client_dispatch::on_accepted() {
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
  on_accepted();
  channel_.tell(protocol::encode_progress(id_, x));
}

void control_channel_state::client_dispatch::on_outcome(
    const dispatch_outcome& x) {
  on_accepted();
  if (!x.result)
    return fail(x.result.error());
  auto& channel = channel_;
  channel.tell(protocol::encode_response(id_, **x.result, x.took));
  channel.dispatches.erase(place);
  channel.review_reading();
}

void control_channel_state::client_dispatch::fail(const failure& why) {
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
