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

/// `?wait=SECONDS`: nothing if absent, an error if it is no such number.
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

/// What a bridge is told with a follow-up (contract section 3).
json_object followup_context(const message_id& last) {
  return json_object{protocol::json_writer{}
                         .flag("is_followup", true)
                         .string("followup_to", last.str())
                         .finish()};
}

} // namespace

void control_session_state::dispatch(agent_id id,
                                     const net::http_request& request) {
  if (is_valid_agent_id(id.str()))
    rated = id;
  if (context->draining)
    return answer(error_answer({errc::draining, {}}));
  auto body = protocol::decode_dispatch_body(request.body());
  if (!body)
    return answer(violations_answer(protocol::body_violations(
        request.body(), protocol::dispatch_body_members(), body.error())));
  auto wait = find_wait(request.target());
  if (!wait)
    return answer(violations_answer(std::array{wait.error()}));
  if (!is_valid_agent_id(id.str()))
    return answer(error_answer({errc::invalid_agent_id, {}}));
  auto order =
      make_order(std::move(id), std::move(*body), control_session_actor{self},
                 context->control, context->control_session, from);
  if (!order)
    return answer(error_answer(order.error()));
  begin(std::move(*order), *wait);
}

void control_session_state::follow_up(agent_id id,
                                      const net::http_request& request) {
  if (is_valid_agent_id(id.str()))
    rated = id;
  if (context->draining)
    return answer(error_answer({errc::draining, {}}));
  auto content = protocol::decode_followup_body(request.body());
  if (!content)
    return answer(violations_answer(protocol::body_violations(
        request.body(), protocol::followup_body_members(), content.error())));
  auto wait = find_wait(request.target());
  if (!wait)
    return answer(violations_answer(std::array{wait.error()}));
  if (!is_valid_agent_id(id.str()))
    return answer(error_answer({errc::invalid_agent_id, {}}));
  protocol::dispatch_body body{std::move(*content), {}, {}};
  auto order = make_order(id, std::move(body), control_session_actor{self},
                          context->control, context->control_session, from);
  if (!order)
    return answer(error_answer(order.error()));
  auto dispatch_after = [this, draft = **order,
                         wait = *wait](const task_view& task) {
    if (!task.newest)
      return answer(error_answer({errc::no_task, {}}));
    auto followup = draft;
    followup.followup_to = *task.newest;
    followup.task.context = followup_context(*task.newest);
    begin(std::make_shared<const dispatch_order>(std::move(followup)), wait);
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
    dispatch_order_ptr order, std::optional<std::chrono::milliseconds> wait) {
  waiting.emplace();
  waiting->order = order;
  waiting->for_outcome = wait.has_value();
  waiting->since = wall_clock_now();
  submit_order(order, 0);
  if (wait)
    deadline->arm(*wait);
}

void control_session_state::submit_order(const dispatch_order_ptr& order,
                                         unsigned attempt) {
  submit(
      self, *context, order, attempt,
      [this, order](const dispatch_outcome& x) { on_outcome(*order, x); },
      [this, order](const failure& why) { on_failure(*order, why); });
}

void control_session_state::on_accepted(const message_id& id) {
  if (!waiting || waiting->order->task.message != id)
    return;
  waiting->accepted = true;
  if (waiting->for_outcome && waiting->patience_over)
    return on_wait_over();
  if (waiting->for_outcome)
    return;
  answer(dispatched_answer(waiting->order->task,
                           waiting->order->followup_to.has_value()));
}

void control_session_state::on_outcome(const dispatch_order& order,
                                       const dispatch_outcome& outcome) {
  if (!waiting || waiting->order->task.message != order.task.message)
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
  if (!waiting || waiting->order->task.message != order.task.message)
    return;
  if (!waiting->accepted)
    return answer(error_answer(why));
  // It was dispatched and has ended: that is an answer, not an error of HTTP.
  dispatch_record record;
  record.message = waiting->order->task.message;
  record.agent = waiting->order->task.agent;
  record.status = dispatch_status::error;
  record.dispatched_at = waiting->since;
  record.finished_at = wall_clock_now();
  record.why = why;
  answer_record({}, std::move(record));
}

void control_session_state::on_wait_over() {
  if (!waiting)
    return;
  // Whether it was taken at all comes first.
  waiting->patience_over = true;
  if (!waiting->accepted)
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
                       waiting->order->task.message);
}

} // namespace bridgekeeper::api
