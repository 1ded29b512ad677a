#include "api/control_answers.hpp"
#include "api/control_session.hpp"
#include "api/dispatching.hpp"
#include "api/wait_parameter.hpp"
#include "domain/dispatch_record.hpp"
#include "protocol/control_codec.hpp"
#include "protocol/json_writer.hpp"

#include <array>
#include <utility>

namespace bridgekeeper::api {

namespace {

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

/// Passes the outcome on to the session.
class outcome_watch final : public dispatch_watch {
public:
  outcome_watch(control_session_state& session, message_id id)
    : dispatch_watch(session.context->board, std::move(id)), session_(session) {
  }

  [[nodiscard]] caf::actor_addr owner() const override {
    return session_.self->address();
  }

  void on_progress(const progress&) override {
    // Clients get progress over event streams or /ws/control.
  }

  void on_outcome(const dispatch_outcome& x) override {
    session_.on_outcome(x);
  }

private:
  control_session_state& session_;
};

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
  auto order = make_order(id, std::move(*body), context->control,
                          context->control_session, current->from);
  if (!order)
    return error_answer(order.error());
  return drafted_dispatch{std::move(*order), *wait};
}

void control_session_state::dispatch(const net::http_request& x) {
  auto drafted =
      draft(named_agent(), x, protocol::decode_dispatch_body(x.body()));
  if (!drafted)
    return answer(std::move(drafted).error());
  begin(std::move(drafted->order), drafted->wait);
}

void control_session_state::follow_up(const net::http_request& x) {
  auto id = named_agent();
  auto drafted = draft(id, x, followup_body(x.body()));
  if (!drafted)
    return answer(std::move(drafted).error());
  auto dispatch_after = [this, drafted = *drafted](const task_view& task) {
    if (!task.newest)
      return answer(error_answer({errc::no_task, {}}));
    auto order = drafted.order;
    order.followup_to = *task.newest;
    order.task.context = followup_context(*task.newest);
    begin(std::move(order), drafted.wait);
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
    dispatch_order order, std::optional<std::chrono::milliseconds> time_limit) {
  auto& x = current->waiting.emplace();
  if (time_limit) {
    x.watch = std::make_unique<outcome_watch>(*this, order.task.message);
    order.watched_on = context->index;
  }
  x.order = std::make_shared<const dispatch_order>(std::move(order));
  submit_order(x.order, 0);
  if (time_limit)
    wait(*time_limit, &control_session_state::on_wait_over);
}

void control_session_state::submit_order(const dispatch_order_ptr& order,
                                         unsigned attempt) {
  submit(
      self, *context, order, attempt,
      [this](const acceptance& x) { on_accepted(x.message); },
      [this, id = order->task.message](const failure& why) {
        on_refused(id, why);
      });
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
  if (x->is_wait_over)
    return on_wait_over();
  if (!x->watch)
    answer(
        dispatched_answer(x->order->task, x->order->followup_to.has_value()));
}

void control_session_state::on_refused(const message_id& id,
                                       const failure& why) {
  if (find_waiting(id) != nullptr)
    answer(error_answer(why));
}

void control_session_state::on_outcome(const dispatch_outcome& x) {
  const auto* waiting = find_waiting(x.message);
  if (waiting == nullptr)
    return;
  dispatch_record record;
  record.message = x.message;
  record.agent = waiting->order->task.agent;
  record.dispatched_at = x.dispatched_at;
  record.finished_at = x.dispatched_at + x.took;
  record.status = dispatch_status::error;
  // The request itself has succeeded even if the dispatch has not.
  if (!x.result) {
    record.why = x.result.error();
  } else {
    record.result = *x.result;
    if (record.result->error)
      record.why = failure{errc::task_failed, *record.result->error};
    else
      record.status = dispatch_status::completed;
  }
  answer_record({}, std::move(record));
}

void control_session_state::on_wait_over() {
  auto& x = *current->waiting;
  x.is_wait_over = true;
  // The client must learn first whether the agent accepts the dispatch.
  if (x.accepted)
    show_progress(x.order->task.message);
}

void control_session_state::show_progress(message_id id) {
  auto show = [this](const dispatch_record& record) {
    net::http_response unfinished;
    if (!is_finished(record.status))
      unfinished.status = 202;
    unfinished.headers.emplace_back("location", "/control/dispatches/"
                                                    + record.message.str());
    answer_record(std::move(unfinished), record);
  };
  ask<dispatch_record>(&core_handles::events, show, record_atom_v,
                       std::move(id));
}

} // namespace bridgekeeper::api
