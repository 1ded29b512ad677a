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

/// The value of `Idempotency-Key`, if the request has that header.
std::optional<result<std::string>> find_key(const net::http_request& x) {
  constexpr std::string_view name = "Idempotency-Key";
  if (x.header_count(name) == 0)
    return std::nullopt;
  std::string text{x.header(name)};
  if (x.header_count(name) > 1 || text.empty()
      || text.size() > protocol::max_idempotency_key)
    return failure{errc::bad_request,
                   "Idempotency-Key must be one header of 1 to 255 bytes"};
  return text;
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
  if (auto key = find_key(x)) {
    if (!*key)
      return error_answer(key->error());
    if (!context->store)
      return error_answer(no_store("Idempotency-Key has no effect"));
    order->key = make_key(std::move(**key), *order, current->from.token);
  }
  return drafted_dispatch{std::move(*order), *wait};
}

void control_session_state::dispatch(const net::http_request& x) {
  auto drafted =
      draft(named_agent(), x, protocol::decode_dispatch_body(x.body()));
  if (!drafted)
    return answer(std::move(drafted).error());
  if (drafted->order.key)
    return unless_repeated(
        drafted->order, drafted->wait,
        [this, drafted = *drafted] { begin(drafted.order, drafted.wait); });
  begin(std::move(drafted->order), drafted->wait);
}

template <class Then>
void control_session_state::unless_repeated(
    const dispatch_order& order,
    std::optional<std::chrono::milliseconds> time_limit, Then then) {
  const auto& key = *order.key;
  context->store->reader().known_key(
      key.scope, key.key,
      answered<std::optional<store::key_use>>(
          [this, order, time_limit, then](const auto& found) {
            if (!found.value)
              return answer(error_answer(refusal_of(found.why)));
            if (!*found.value)
              return then();
            if ((*found.value)->body_hash != order.key->body_hash)
              return answer(error_answer({errc::idempotency_conflict, {}}));
            answer_repeated(order, (*found.value)->id, time_limit);
          }));
}

void control_session_state::answer_repeated(
    const dispatch_order& order, const message_id& known,
    std::optional<std::chrono::milliseconds> time_limit) {
  if (time_limit)
    return await_outcome(known, *time_limit);
  auto task = order.task;
  task.message = known;
  answer(dispatched_answer(task, order.followup_to.has_value()
                                     || task.context != json_object{}));
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
  if (drafted->order.key)
    return unless_repeated(
        drafted->order, drafted->wait,
        [this, id, dispatch_after] { follow_up_newest(id, dispatch_after); });
  follow_up_newest(id, dispatch_after);
}

template <class Then>
void control_session_state::follow_up_newest(const agent_id& id, Then then) {
  ask<agent_view>(
      &core_handles::registry,
      [this, id, then](const agent_view& agent) {
        if (!agent.connected)
          return answer(error_answer({errc::agent_not_connected, {}}));
        ask<task_view>(&core_handles::events, then, task_atom_v, id);
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
      [this, id = order->task.message](const acceptance& x) {
        x.message == id ? on_accepted(id) : on_repeated(id, x.message);
      },
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

void control_session_state::on_repeated(const message_id& id,
                                        const message_id& known) {
  auto* x = find_waiting(id);
  if (x == nullptr)
    return;
  auto order = x->order;
  std::optional<std::chrono::milliseconds> time_limit;
  if (x->watch)
    time_limit = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::max(deadline->when() - context->deadlines.now(),
                 std::chrono::steady_clock::duration{1}));
  current->waiting.reset();
  answer_repeated(*order, known, time_limit);
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
