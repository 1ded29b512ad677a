#include "api/control_answers.hpp"
#include "api/control_session.hpp"
#include "api/dispatch_bodies.hpp"
#include "api/dispatch_lookup.hpp"
#include "api/dispatching.hpp"
#include "api/wait_parameter.hpp"
#include "domain/dispatch_record.hpp"
#include "protocol/control_codec.hpp"
#include "protocol/json_writer.hpp"

#include <array>
#include <utility>

namespace bridgekeeper::api {

namespace {

/// The context that the bridge gets with a follow-up (contract section 3).
json_object followup_context(const message_id& last) {
  return json_object{protocol::json_writer{}
                         .flag("is_followup", true)
                         .string("followup_to", last.str())
                         .finish()};
}

/// The request's idempotency key, from the header or the body.
result<std::optional<std::string>> find_key(const net::http_request& x,
                                            std::string in_body) {
  constexpr std::string_view name = "Idempotency-Key";
  std::optional<std::string> out;
  if (!in_body.empty())
    out = std::move(in_body);
  if (x.header_count(name) == 0)
    return out;
  std::string text{x.header(name)};
  if (x.header_count(name) > 1 || text.empty()
      || text.size() > protocol::max_idempotency_key)
    return failure{errc::bad_request,
                   "Idempotency-Key must be one header of 1 to 255 bytes"};
  if (out && *out != text)
    return failure{errc::bad_request,
                   "Idempotency-Key and idempotency_key differ; send only one "
                   "of them"};
  return std::optional{std::move(text)};
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
  auto is_valid = id.str().empty() || is_valid_agent_id(id.str());
  if (is_valid)
    current->rated = id;
  if (context->draining) {
    note_draining(*context, id, current->from, find_trace(x));
    return error_answer({errc::draining, {}});
  }
  if (!body)
    return body_refusal(x, body.error());
  if (auto why = check_options(body->options, *context))
    return body_refusal(x, *why);
  auto wait = find_wait(x.target(), body->wait);
  if (!wait)
    return violations_answer(std::array{wait.error()});
  if (!is_valid)
    return error_answer({errc::invalid_agent_id, {}});
  auto key = find_key(x, std::move(body->idempotency_key));
  auto form =
      body->is_followup ? request_form::followup : request_form::dispatch;
  body->trace = find_trace(x);
  auto order = make_order(id, std::move(*body), context->control,
                          context->control_session, current->from);
  if (!order)
    return error_answer(order.error());
  if (!key)
    return error_answer(key.error());
  if (*key)
    order->key = make_key(std::move(**key), *order, form, current->from.token);
  carry_trace(*order);
  return drafted_dispatch{std::move(*order), *wait};
}

void control_session_state::dispatch(const net::http_request& x) {
  begin_drafted(
      draft(named_agent(), x, protocol::decode_dispatch_body(x.body())));
}

void control_session_state::dispatch_routed(const net::http_request& x) {
  auto routed = protocol::decode_routed_body(x.body());
  if (!routed)
    return begin_drafted(draft({}, x, routed.error()));
  begin_drafted(draft(routed->agent, x, std::move(routed->body)));
}

void control_session_state::begin_drafted(
    boost::system::result<drafted_dispatch, net::http_response> drafted) {
  if (!drafted)
    return answer(std::move(drafted).error());
  auto held = std::make_shared<const drafted_dispatch>(std::move(*drafted));
  unless_repeated(held, held->order.followup_to.has_value(), [this, held] {
    if_may_follow(held, [this, held](const earlier_dispatch& x) {
      auto order = held->order;
      if (order.followup_to)
        order.followup_to = x.message;
      order.agent_session_id = x.agent_session_id;
      begin(std::move(order), held->wait);
    });
  });
}

template <class Then>
void control_session_state::unless_repeated(const draft_ptr& drafted,
                                            bool is_followup, Then then) {
  if (!drafted->order.key)
    return then();
  const auto& key = *drafted->order.key;
  if (!context->store) {
    auto found = context->keys->find(key, wall_clock_now());
    if (!found || !found->is_settled)
      return then();
    return answer_use(drafted, is_followup, found->id, found->body_hash);
  }
  context->store->reader().known_key(
      key.scope, key.key,
      answered<std::optional<store::key_use>>([this, drafted, is_followup,
                                               then](const auto& found) {
        if (!found.value)
          return refuse(drafted->order, refusal_of(found.why, *context->store));
        if (!*found.value)
          return then();
        answer_use(drafted, is_followup, (*found.value)->id,
                   (*found.value)->body_hash);
      }));
}

void control_session_state::answer_use(const draft_ptr& drafted,
                                       bool is_followup,
                                       const message_id& known,
                                       const std::string& body_hash) {
  if (body_hash != drafted->order.key->body_hash)
    return answer(error_answer({errc::idempotency_conflict, {}}));
  answer_repeated(drafted->order, is_followup, known, drafted->wait);
}

void control_session_state::answer_repeated(
    const dispatch_order& order, bool is_followup, const message_id& known,
    std::optional<std::chrono::milliseconds> time_limit) {
  auto show = [this, known, is_followup](const agent_id& agent) {
    answer(dispatched_answer(agent, known, is_followup));
  };
  if (time_limit)
    return with_earlier(
        known,
        [this, known, limit = *time_limit](const earlier_dispatch&) {
          await_outcome(known, limit);
        },
        // Retention may have removed the record before the key.
        [show, agent = order.task.agent](const failure&) { show(agent); });
  if (!order.task.agent.str().empty())
    return show(order.task.agent);
  with_earlier(
      known, [show](const earlier_dispatch& x) { show(x.agent); },
      [show](const failure&) { show({}); });
}

void control_session_state::follow_up(const net::http_request& x) {
  auto id = named_agent();
  auto drafted = draft(id, x, protocol::decode_followup_body(x.body()));
  if (!drafted)
    return answer(std::move(drafted).error());
  auto held = std::make_shared<const drafted_dispatch>(std::move(*drafted));
  auto follow = [this, held](const message_id& earlier, std::string resumed) {
    auto order = held->order;
    order.followup_to = earlier;
    order.agent_session_id = std::move(resumed);
    order.task.context = followup_context(earlier);
    carry_trace(order);
    begin(std::move(order), held->wait);
  };
  auto find_earlier = [this, follow, held] {
    const auto& order = held->order;
    if (order.followup_to)
      return if_may_follow(held, [follow](const earlier_dispatch& earlier) {
        follow(earlier.message, earlier.agent_session_id);
      });
    auto follow_newest = [this, follow, held](const task_view& task) {
      if (!task.newest)
        return refuse(held->order, {errc::no_task, {}});
      const auto& newest = *task.newest;
      if (task.record && task.record->message == newest)
        return follow(newest, agent_session_of(*task.record));
      with_earlier(
          newest,
          [follow, newest](const earlier_dispatch& found) {
            follow(newest, found.agent_session_id);
          },
          // Then it goes on without the session.
          [follow, newest](const failure&) { follow(newest, {}); });
    };
    ask<task_view>(&core_handles::events, follow_newest, task_atom_v,
                   order.task.agent);
  };
  unless_repeated(held, true, [this, held, find_earlier] {
    if_connected(held, find_earlier);
  });
}

template <class Then>
void control_session_state::if_connected(const draft_ptr& drafted, Then then) {
  ask<agent_view>(
      &core_handles::registry,
      [this, drafted, then](const agent_view& agent) {
        // A dispatch with a queue timeout may wait for its agent.
        if (agent.connected || drafted->order.options.queue_timeout)
          return then();
        refuse(drafted->order, {errc::agent_not_connected, {}});
      },
      find_atom_v, drafted->order.task.agent);
}

template <class Then>
void control_session_state::if_may_follow(const draft_ptr& drafted, Then then) {
  const auto& order = drafted->order;
  if (!order.followup_to)
    return then(earlier_dispatch{});
  const auto& earlier = *order.followup_to;
  with_earlier(
      earlier,
      [this, then, earlier,
       wanted = order.task.agent](const earlier_dispatch& x) {
        if (x.agent == wanted)
          return then(x);
        auto why = foreign_followup(earlier, wanted);
        answer(violations_answer(std::array{protocol::body_violation(
            why.field, earlier.str(), to_string(why))}));
      },
      [this, drafted](const failure& why) { refuse(drafted->order, why); });
}

template <class Then, class Otherwise>
void control_session_state::with_earlier(const message_id& id, Then then,
                                         Otherwise otherwise) {
  ask_or<dispatch_record>(
      &core_handles::events,
      [then](const dispatch_record& x) {
        then(earlier_dispatch{x.message, x.agent, agent_session_of(x)});
      },
      [this, id, then, otherwise](const caf::error& error) {
        if (!context->store)
          return otherwise(to_failure(error));
        // The event hub remembers only the newest dispatches.
        context->store->reader().history(
            id,
            answered<std::optional<store::dispatch_details>>(
                [this, id, then, otherwise](const auto& found) {
                  if (!found.value)
                    return otherwise(refusal_of(found.why, *context->store));
                  if (!*found.value)
                    return find_by_short_id(
                        this, id,
                        [this, then, otherwise](const message_id& whole) {
                          with_earlier(whole, then, otherwise);
                        },
                        [otherwise] {
                          otherwise(failure{errc::unknown_dispatch, {}});
                        },
                        otherwise);
                  auto known = to_record(**found.value);
                  then(earlier_dispatch{known.message, known.agent,
                                        agent_session_of(known)});
                }));
      },
      record_atom_v, id);
}

void control_session_state::begin(
    dispatch_order order, std::optional<std::chrono::milliseconds> time_limit) {
  auto& x = current->waiting.emplace();
  x.agent = order.task.agent;
  if (time_limit) {
    x.watch = std::make_unique<outcome_watch>(*this, order.task.message);
    order.watched_on = context->index;
    wait(*time_limit, &control_session_state::on_wait_over);
  }
  x.order = std::make_shared<const dispatch_order>(std::move(order));
  // Last, because it may answer the request. A copy, because that ends `x`.
  submit_order(dispatch_order_ptr{x.order}, 0);
}

void control_session_state::submit_order(const dispatch_order_ptr& order,
                                         unsigned attempt) {
  submit(
      self, *context, order, attempt,
      [this, id = order->task.message](const acceptance& x) {
        x.message == id ? on_accepted(id, x) : on_repeated(id, x);
      },
      [this, order](const failure& why) { on_refused(*order, why); });
}

waiting_dispatch* control_session_state::find_waiting(const message_id& id) {
  if (!current || !current->waiting
      || current->waiting->order->task.message != id)
    return nullptr;
  return &*current->waiting;
}

void control_session_state::on_accepted(const message_id& id,
                                        const acceptance& accepted) {
  auto* x = find_waiting(id);
  if (x == nullptr)
    return;
  x->accepted = true;
  if (x->agent.str().empty()) {
    x->agent = accepted.agent;
    current->rated = accepted.agent;
  }
  if (x->is_wait_over)
    return on_wait_over();
  if (!x->watch)
    answer(dispatched_answer(x->agent, id, x->order->followup_to.has_value()));
}

void control_session_state::on_repeated(const message_id& id,
                                        const acceptance& known) {
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
  answer_repeated(*order, order->followup_to.has_value(), known.message,
                  time_limit);
}

void control_session_state::refuse(const dispatch_order& order,
                                   const failure& why) {
  note_refusal(*context, order, why);
  answer(error_answer(why));
}

void control_session_state::on_refused(const dispatch_order& order,
                                       const failure& why) {
  note_refusal(*context, order, why);
  if (find_waiting(order.task.message) == nullptr)
    return;
  if (why.code != errc::rate_limited)
    return answer(error_answer(why));
  auto rates =
      context->admissions->rates(current->rated.value_or(agent_id{}),
                                 current->from.ip, context->deadlines.now());
  answer(error_answer(why, time_to_wait(rates)));
}

void control_session_state::on_outcome(const dispatch_outcome& x) {
  const auto* waiting = find_waiting(x.message);
  if (waiting == nullptr)
    return;
  dispatch_record record;
  record.message = x.message;
  record.agent = waiting->agent;
  if (record.agent.str().empty() && x.result)
    // The outcome may precede the acceptance, which names the agent.
    record.agent = (*x.result)->agent;
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

void control_session_state::mark_unfinished(net::http_response& out,
                                            const message_id& id) {
  out.status = 202;
  out.headers.emplace_back("location", "/control/dispatches/" + id.str());
}

void control_session_state::show_progress(message_id id) {
  current->has_waited_in_vain = true;
  auto show = [this](const dispatch_record& record) {
    net::http_response head;
    if (!is_finished(record.status))
      mark_unfinished(head, record.message);
    answer_record(std::move(head), record);
  };
  ask_or<dispatch_record>(
      &core_handles::events, show,
      [this, id, show](const caf::error& error) {
        // The event hub does not know a dispatch that no agent has.
        if (current->waiting) {
          dispatch_record record;
          record.message = id;
          record.dispatched_at = wall_clock_now();
          record.status = dispatch_status::dispatched;
          return show(record);
        }
        context->store ? show_dispatch(id) : answer_failure(error);
      },
      record_atom_v, id);
}

} // namespace bridgekeeper::api
