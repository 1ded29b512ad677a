#include "api/control_answers.hpp"
#include "api/control_session.hpp"
#include "api/dispatching.hpp"
#include "api/query.hpp"
#include "domain/dispatch_record.hpp"
#include "protocol/control_codec.hpp"
#include "protocol/json_writer.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace bridgekeeper::api {

namespace {

/// The value of `?wait=SECONDS`; unset if absent.
boost::system::result<std::optional<std::chrono::milliseconds>,
                      protocol::violation>
find_wait(std::string_view target) {
  auto text = query_value(target, "wait");
  if (!text)
    return std::optional<std::chrono::milliseconds>{};
  auto seconds = -1.0;
  auto last = text->data() + text->size();
  auto [end, error] = std::from_chars(text->data(), last, seconds);
  auto limit = std::chrono::duration<double>{protocol::max_dispatch_timeout};
  if (error != std::errc{} || end != last || !(seconds >= 0)
      || seconds > limit.count())
    return protocol::query_violation(
        "wait", *text, "float_parsing",
        "Input should be a number of seconds from 0 to a week");
  return std::optional{std::chrono::ceil<std::chrono::milliseconds>(
      std::chrono::duration<double>{seconds})};
}

/// The content is the only member of a follow-up's body.
result<protocol::dispatch_body> followup_body(std::string_view text) {
  auto content = protocol::decode_followup_body(text);
  if (!content)
    return content.error();
  return protocol::dispatch_body{std::move(*content), {}, {}};
}

/// The context that the bridge gets with a follow-up (contract section 3).
json_object followup_context(const message_id& last) {
  return json_object{protocol::json_writer{}
                         .flag("is_followup", true)
                         .string("followup_to", last.str())
                         .finish()};
}

} // namespace

boost::system::result<control_session_state::drafted_dispatch,
                      net::http_response>
control_session_state::draft(const agent_id& id, const net::http_request& x,
                             result<protocol::dispatch_body> body) {
  auto is_valid = is_valid_agent_id(id.str());
  if (is_valid)
    current->rated = id;
  if (context->draining)
    return error_answer({errc::draining, {}});
  if (!body)
    return body_refusal(x, body.error());
  auto wait = find_wait(x.target());
  if (!wait)
    return violations_answer(std::array{wait.error()});
  if (!is_valid)
    return error_answer({errc::invalid_agent_id, {}});
  auto order =
      make_order(id, std::move(*body), control_session_actor{self},
                 context->control, context->control_session, current->from);
  if (!order)
    return error_answer(order.error());
  return drafted_dispatch{std::move(*order), *wait};
}

void control_session_state::dispatch(agent_id id, const net::http_request& x) {
  auto drafted = draft(id, x, protocol::decode_dispatch_body(x.body()));
  if (!drafted)
    return answer(std::move(drafted).error());
  begin(std::move(drafted->order), drafted->wait);
}

void control_session_state::follow_up(agent_id id, const net::http_request& x) {
  auto drafted = draft(id, x, followup_body(x.body()));
  if (!drafted)
    return answer(std::move(drafted).error());
  auto dispatch_after = [this, drafted = *drafted](const task_view& task) {
    if (!task.newest)
      return answer(error_answer({errc::no_task, {}}));
    auto followup = *drafted.order;
    followup.followup_to = *task.newest;
    followup.task.context = followup_context(*task.newest);
    begin(std::make_shared<const dispatch_order>(std::move(followup)),
          drafted.wait);
  };
  ask<agent_view>(
      &core_handles::registry,
      [this, id, dispatch_after](const agent_view& agent) {
        if (!agent.connected)
          return answer(error_answer({errc::agent_not_connected, {}}));
        ask<task_view>(&core_handles::events, dispatch_after, task_atom_v, id);
      },
      find_atom_v, id);
}

void control_session_state::begin(
    dispatch_order_ptr order,
    std::optional<std::chrono::milliseconds> time_limit) {
  auto& x = current->waiting.emplace();
  x.order = order;
  x.for_outcome = time_limit.has_value();
  x.since = wall_clock_now();
  submit_order(order, 0);
  if (time_limit)
    wait(*time_limit, &control_session_state::on_wait_over);
}

void control_session_state::submit_order(const dispatch_order_ptr& order,
                                         unsigned attempt) {
  submit(
      self, *context, order, attempt,
      [this, order](const dispatch_outcome& x) { on_outcome(*order, x); },
      [this, order](const failure& why) { on_failure(*order, why); });
}

waiting_dispatch* control_session_state::find_waiting(const message_id& id) {
  if (!current || !current->waiting
      || current->waiting->order->task.message != id)
    return nullptr;
  return &*current->waiting;
}

void control_session_state::on_accepted(const message_id& id) {
  auto* x = find_waiting(id);
  if (x == nullptr)
    return;
  x->accepted = true;
  if (x->for_outcome && x->is_wait_over)
    return on_wait_over();
  if (!x->for_outcome)
    answer(
        dispatched_answer(x->order->task, x->order->followup_to.has_value()));
}

void control_session_state::on_outcome(const dispatch_order& order,
                                       const dispatch_outcome& outcome) {
  if (find_waiting(order.task.message) == nullptr)
    return;
  dispatch_record record;
  record.message = order.task.message;
  record.agent = order.task.agent;
  record.dispatched_at = outcome.dispatched_at;
  record.finished_at = outcome.dispatched_at + outcome.took;
  record.result = outcome.result;
  record.status = dispatch_status::completed;
  if (outcome.result->error) {
    record.status = dispatch_status::error;
    record.why = failure{errc::task_failed, *outcome.result->error};
  }
  answer_record({}, std::move(record));
}

void control_session_state::on_failure(const dispatch_order& order,
                                       const failure& why) {
  const auto* x = find_waiting(order.task.message);
  if (x == nullptr)
    return;
  if (!x->accepted)
    return answer(error_answer(why));
  // The dispatch began and has failed: the request itself has succeeded.
  dispatch_record record;
  record.message = order.task.message;
  record.agent = order.task.agent;
  record.status = dispatch_status::error;
  record.dispatched_at = x->since;
  record.finished_at = wall_clock_now();
  record.why = why;
  answer_record({}, std::move(record));
}

void control_session_state::on_wait_over() {
  auto& x = *current->waiting;
  x.is_wait_over = true;
  // The client must learn first whether the agent accepts the dispatch.
  if (!x.accepted)
    return;
  auto show = [this](const dispatch_record& record) {
    net::http_response unfinished;
    if (!is_finished(record.status))
      unfinished.status = 202;
    unfinished.headers.emplace_back("location", "/control/dispatches/"
                                                    + record.message.str());
    answer_record(std::move(unfinished), record);
  };
  ask<dispatch_record>(&core_handles::events, show, record_atom_v,
                       x.order->task.message);
}

} // namespace bridgekeeper::api
