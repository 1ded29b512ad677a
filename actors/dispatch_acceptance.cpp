#include "actors/dispatch_acceptance.hpp"

#include "actors/failure_errors.hpp"
#include "actors/store_port.hpp"
#include "actors/tell.hpp"
#include "domain/limits.hpp"
#include "protocol/codec.hpp"
#include "protocol/dispatch_options_codec.hpp"

#include <iterator>
#include <string>
#include <utility>

namespace bridgekeeper::actors {

namespace {

fact::dispatch_started started(const bridge_identity& who,
                               const dispatch_order& x) {
  return {*who.agent, x.task, x.followup_to, x.from, x.trace.parent};
}

fact::dispatch_queued queued(const bridge_identity& who,
                             const dispatch_order& x, fact::queue_cause why) {
  return {*who.agent, x.task.session, x.task.message, why};
}

} // namespace

store::insert_dispatch unrecorded_dispatch::make_operation() {
  entry_.row = context_.store->next_number();
  const auto& order = entry_.order();
  const auto& task = order.task;
  auto now = accepted_.dispatched_at;
  store::insert_dispatch out{
      .number = entry_.row,
      .id = task.message,
      .agent = task.agent,
      .session = *task.session,
      .state = entry_.life.state(),
      .link = entry_.life.sent_to(),
      .instance = is_queued() ? std::string{} : who_.agent->instance.str(),
      .max_attempts = order.options.retry.max_attempts,
      .priority = static_cast<std::int8_t>(order.options.priority),
      .followup_to = order.followup_to,
      .content = task.content,
      .from = order.from};
  out.start_by = now + order.queue_timeout;
  if (!is_queued())
    out.deadline = now + order.timeout;
  out.key = order.key;
  if (task.context != json_object{})
    out.context = task.context.str();
  out.options = protocol::encode_options(order.options, order.require,
                                         order.agent_session_id);
  // Events belong to an agent.
  if (task.agent.empty())
    return out;
  out.events = event_of(started(who_, order));
  if (is_queued()) {
    auto more = event_of(queued(who_, order, cause_));
    std::move(more.begin(), more.end(), std::back_inserter(out.events));
  }
  return out;
}

bool unrecorded_dispatch::conclude(const store::completion& done) {
  if (done.what == store::outcome::unknown) {
    // The store will find out; the requester is not kept waiting.
    refuse(to_failure(done));
    return false;
  }
  if (done.what == store::outcome::applied)
    return true;
  const auto& order = entry_.order();
  context_.admissions->take_back(order.task.agent, order.from.ip);
  entry_.cost.release();
  entry_.outcome.drop();
  if (done.what == store::outcome::duplicate) {
    accepted_.message = done.existing;
    accept();
  } else {
    refuse(to_failure(done));
  }
  return false;
}

void unrecorded_dispatch::tell() {
  const auto& order = entry_.order();
  entry_.is_waiting = is_queued();
  auto turn = context_.dispatch_lines->admit(entry_.outcome.started());
  entry_.is_logged = turn.has_value();
  actors::tell(context_,
               fact::dispatch_accepted{order.task, order.from,
                                       order.trace.parent, is_queued(), turn});
  // It cannot have an event yet, because events belong to an agent.
  if (order.task.agent.empty())
    return actors::tell(
        context_, fact::dispatch_unassigned{order.task.message, order.require});
  tell_recorded(context_, started(who_, order));
  if (!is_queued())
    return;
  tell_recorded(context_, queued(who_, order, cause_));
}

void unrecorded_dispatch::accept() {
  if (std::exchange(is_answered_, true))
    return;
  observe(context_.metrics.acceptance, context_.deadlines.now() - started_);
  promise_.deliver(accepted_);
}

void unrecorded_dispatch::refuse(const failure& why) {
  if (!std::exchange(is_answered_, true))
    promise_.deliver(to_error(why));
}

result<std::string> encode_frame(const dispatch& task) {
  auto frame = protocol::encode(task);
  if (frame.size() >= max_frame_to_bridge)
    return failure{errc::too_large,
                   "The dispatch is larger than a bridge accepts ("
                       + std::to_string(max_frame_to_bridge) + " bytes)"};
  return frame;
}

} // namespace bridgekeeper::actors
