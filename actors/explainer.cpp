#include "actors/explainer.hpp"

#include "actors/dispatch_shelf.hpp"
#include "actors/failure_errors.hpp"
#include "actors/store_port.hpp"
#include "domain/reason_guide.hpp"
#include "net/error_boundary.hpp"
#include "protocol/dispatch_options_codec.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace bridgekeeper::actors {

namespace {

/// Shorter texts stand for too many dispatches; longer ones are whole ids.
constexpr std::size_t min_part_of_id = 4;
constexpr std::size_t uuid_length = 36;

bool is_uuid(const std::string& x) {
  return x.size() == uuid_length && x[8] == '-' && x[13] == '-';
}

/// What a request asks about, as far as it is fit to be repeated.
std::string name_of(const std::string& id) {
  constexpr std::size_t limit = 64;
  auto is_fit = id.size() <= limit
                && std::all_of(id.begin(), id.end(),
                               [](char c) { return c > ' ' && c <= '~'; });
  return is_fit ? id : "of this name";
}

std::optional<errc> reason_named(std::string_view name) {
  for (const auto& x : all_reasons())
    if (x.token == name)
      return x.code;
  return std::nullopt;
}

live_agent live_part(const agent_report& x) {
  return {.slots = x.slots,
          .pending = x.pending.size(),
          .waiting = x.waiting,
          .silent_for = x.silent_for,
          .silence_allowed = x.silence_allowed,
          .longest_gap = x.longest_gap,
          .beats = x.beats};
}

std::optional<dispatch_course::change::kind> kind_of(store::change_kind x) {
  using kind = dispatch_course::change::kind;
  switch (x) {
  case store::change_kind::retried:
    return kind::retried;
  case store::change_kind::adopted:
    return kind::adopted;
  case store::change_kind::cancelled:
    return kind::cancelled;
  case store::change_kind::late_result:
    return kind::late_result;
  }
  return std::nullopt;
}

dispatch_course course_of(const store::dispatch_details& x) {
  const auto& row = x.row;
  dispatch_course out{.agent = row.agent,
                      .state = row.state,
                      .attempt = row.attempt,
                      .max_attempts = row.max_attempts,
                      .created = row.created,
                      .sent = row.sent,
                      .running = row.running,
                      .ended = is_end(row.state) ? std::optional{row.changed}
                                                 : std::nullopt,
                      .reason = row.reason,
                      .detail = row.detail,
                      .failed_as = row.failure,
                      .start_by = row.start_by,
                      .deadline = row.deadline,
                      .retry_at = row.retry_at,
                      .awaited_until = row.awaited_until};
  if (auto options = protocol::decode_options(x.task.options)) {
    out.timeout = options->timeout;
    out.queue_timeout = options->queue_timeout;
    out.total_timeout = options->total_timeout;
    out.backoff = options->backoff;
  }
  for (const auto& change : x.changes)
    if (auto what = kind_of(change.what))
      out.changes.push_back({change.at, *what, change.attempt, change.reason});
  return out;
}

/// The event hub remembers less.
dispatch_course course_of(const dispatch_record& x) {
  dispatch_course out;
  out.agent = x.agent;
  out.created = x.dispatched_at;
  out.ended = x.finished_at;
  switch (x.status) {
  case dispatch_status::dispatched:
    out.state = dispatch_state::sent;
    break;
  case dispatch_status::running:
    out.state = dispatch_state::running;
    break;
  case dispatch_status::completed:
    out.state = dispatch_state::completed;
    break;
  case dispatch_status::error:
    out.state = dispatch_state::failed;
    break;
  }
  if (x.why) {
    out.reason = x.why->code;
    out.detail = x.why->detail;
  } else if (x.result && x.result->error) {
    out.reason = errc::task_failed;
    out.detail = *x.result->error;
    if (x.result->details)
      out.failed_as = x.result->details->failure;
  }
  return out;
}

} // namespace

explainer_state::~explainer_state() {
  net::contain("the end of an explainer", [this] {
    // Without a question, nothing is owed.
    if (!question.id.empty() && !std::exchange(is_answered, true))
      promise.deliver(to_error(errc::internal));
  });
}

explainer_actor::behavior_type explainer_state::make_behavior() {
  return {[this](explain_atom, const explain_question& x) {
    return on_question(x);
  }};
}

caf::result<explanation_ptr>
explainer_state::on_question(const explain_question& x) {
  promise = self->make_response_promise<explanation_ptr>();
  auto out = promise;
  question = x;
  agent.id = agent_id{x.id};
  dispatch.id = message_id{x.id};
  agent.now = dispatch.now = wall_clock_now();
  agent.settings = dispatch.settings = *context->decisions->settings();
  agent.decisions_began = dispatch.decisions_began =
      context->decisions->began();
  auto why = reason_named(x.id);
  // Some reasons, such as `internal`, could also be the id of an agent.
  auto means_reason =
      x.kind == explained_kind::reason || (!x.kind && !is_valid_agent_id(x.id));
  if (means_reason && why) {
    answer_reason(*why);
  } else if (x.kind == explained_kind::reason) {
    fail({errc::unknown_route,
          "There is no reason named " + name_of(x.id)
              + "\nSee the table of reasons in docs/protocol.md."});
  } else if (x.kind == explained_kind::dispatch || (!x.kind && is_uuid(x.id))) {
    explain_dispatch();
  } else {
    explain_agent();
  }
  return out;
}

void explainer_state::answer(explanation x) {
  if (std::exchange(is_answered, true))
    return;
  promise.deliver(std::make_shared<const explanation>(std::move(x)));
  self->quit();
}

void explainer_state::answer_reason(errc why) {
  auto value = value_of(agent.settings, guide_to(why).setting);
  answer(explain_reason(why, std::move(value), context->decisions->about(why)));
}

void explainer_state::fail(const failure& why) {
  if (std::exchange(is_answered, true))
    return;
  promise.deliver(to_error(why));
  self->quit();
}

void explainer_state::not_found() {
  if (!question.kind) {
    if (!has_looked_for_agent)
      return explain_agent();
    if (auto why = reason_named(question.id))
      return answer_reason(*why);
    if (!has_looked_for_dispatch)
      return explain_dispatch();
  }
  auto is_agent = question.kind == explained_kind::agent;
  auto what = is_agent        ? "agent "
              : question.kind ? "dispatch "
                              : "agent and no dispatch ";
  fail({is_agent ? errc::unknown_agent : errc::unknown_dispatch,
        "Bridgekeeper knows no " + std::string{what} + name_of(question.id)
            + "\nLook for the id in `bridgekeeper agents`, `bridgekeeper "
              "dispatches` and the daemon's log. A refused request that names "
              "no known id is explained under its reason: `bridgekeeper "
              "explain REASON`."});
}

// -- questions to others ------------------------------------------------------

template <class T, class Then>
store::reader::callback<T> explainer_state::from_store(Then then) {
  if (!anchor)
    anchor = std::make_shared<explainer_state*>(this);
  // The handle keeps the actor alive until the store has answered.
  return [keep = explainer_actor{self}, weak = std::weak_ptr{anchor},
          port = context->store, then](store::answer<T> x) {
    port->post([keep, weak, then,
                x = std::make_shared<store::answer<T>>(std::move(x))] {
      if (auto found = weak.lock(); found && !(*found)->is_answered)
        net::contain("an answer of the store", [&] { then(*x); });
    });
  };
}

template <class Then, class Otherwise>
void explainer_state::find_agent(const agent_id& id, Then then,
                                 Otherwise otherwise) {
  self->request(context->core.registry, caf::infinite, find_atom_v, id)
      .then([then](const agent_view& x) { then(x); },
            [otherwise](const caf::error&) { otherwise(); });
}

template <class Then>
void explainer_state::ask_for_report(const agent_id& id, Then then) {
  self->request(context->core.registry, caf::infinite, report_atom_v, id)
      .then(
          [then](const agent_report& x) { then(std::optional{live_part(x)}); },
          [then](const caf::error&) { then(std::optional<live_agent>{}); });
}

// -- agents -------------------------------------------------------------------

void explainer_state::explain_agent() {
  has_looked_for_agent = true;
  agent.decisions = context->decisions->about(agent.id);
  agent.costs = context->admissions->costs(agent.now);
  agent.agent_rate =
      context->admissions->rates(agent.id, {}, context->deadlines.now()).agent;
  find_agent(
      agent.id,
      [this](const agent_view& x) {
        agent.known = x;
        if (!x.connected)
          agent.away_for =
              std::chrono::duration_cast<std::chrono::milliseconds>(
                  context->deadlines.now() - x.away_since);
        agent.shelved = context->shelf->load_of(agent.id).count;
        add_agent_events();
      },
      [this] { add_agent_events(); });
}

void explainer_state::add_agent_events() {
  self->request(context->core.events, caf::infinite, past_atom_v,
                stream_name{agent.id})
      .then(
          [this](const past_events& x) {
            agent.past = x.events;
            add_report_of_agent();
          },
          [this](const caf::error&) { add_report_of_agent(); });
}

void explainer_state::add_report_of_agent() {
  if (!agent.is_known())
    return not_found();
  if (!agent.known || !agent.known->connected)
    return finish_agent();
  ask_for_report(agent.id, [this](std::optional<live_agent> x) {
    agent.live = x;
    finish_agent();
  });
}

void explainer_state::finish_agent() {
  answer(explain(std::move(agent)));
}

// -- dispatches ---------------------------------------------------------------

void explainer_state::explain_dispatch() {
  has_looked_for_dispatch = true;
  context->store ? find_stored(dispatch.id) : find_remembered();
}

void explainer_state::find_stored(const message_id& id) {
  context->store->reader().history(
      id, from_store<std::optional<store::dispatch_details>>(
              [this, id](const auto& found) {
                auto length = id.str().size();
                if (found.value && *found.value) {
                  dispatch.id = (*found.value)->row.id;
                  dispatch.course = course_of(**found.value);
                  dispatch.required =
                      protocol::decode_required((*found.value)->task.options);
                  return add_place();
                }
                found.value&& length >= min_part_of_id&& length < uuid_length
                    ? find_by_short_id(id)
                    : find_remembered();
              }));
}

void explainer_state::find_by_short_id(const message_id& id) {
  context->store->reader().short_id(
      id.str(),
      from_store<store::short_id_match>([this, id](const auto& found) {
        if (found.value && found.value->is_ambiguous)
          return fail({errc::unknown_dispatch,
                       "Several dispatches have ids that start or end with "
                           + id.str() + "\nGive more characters of the id."});
        found.value&& found.value->id ? find_stored(*found.value->id)
                                      : find_remembered();
      }));
}

void explainer_state::find_remembered() {
  self->request(context->core.events, caf::infinite, record_atom_v, dispatch.id)
      .then(
          [this](const dispatch_record& x) {
            dispatch.course = course_of(x);
            add_place();
          },
          // It may have been refused.
          [this](const caf::error&) { finish_dispatch(); });
}

void explainer_state::add_place() {
  if (is_end(dispatch.course->state))
    return finish_dispatch();
  const auto& whose = dispatch.course->agent;
  self->request(context->core.registry, caf::infinite, place_atom_v, whose,
                dispatch.id)
      .then(
          [this](std::uint64_t before) {
            dispatch.before = before;
            // The event hub does not tell a waiting dispatch from one that was
            // sent.
            dispatch.course->state = dispatch_state::queued;
            add_agent_of_dispatch();
          },
          [this](const caf::error&) { add_agent_of_dispatch(); });
}

void explainer_state::add_agent_of_dispatch() {
  auto whose = dispatch.course->agent;
  if (whose.empty())
    return finish_dispatch();
  find_agent(
      whose,
      [this, whose](const agent_view& x) {
        dispatch.agent = x;
        if (!x.connected)
          return finish_dispatch();
        ask_for_report(whose, [this](std::optional<live_agent> live) {
          dispatch.live = live;
          finish_dispatch();
        });
      },
      [this] { finish_dispatch(); });
}

void explainer_state::finish_dispatch() {
  dispatch.decisions = context->decisions->about(dispatch.id);
  dispatch.is_known() ? answer(explain(std::move(dispatch))) : not_found();
}

// -- starting -----------------------------------------------------------------

explainer_actor::behavior_type explainer(explainer_state::self_type* self,
                                         thread_context* context) {
  self->join_statistics(context->actor_stats,
                        context->home != nullptr ? std::optional{context->index}
                                                 : std::nullopt);
  self->state.context = context;
  return self->state.make_behavior();
}

explainer_actor start_explainer(caf::actor_system& system,
                                thread_context& context) {
  return spawn_on(system, context.home, explainer, &context);
}

} // namespace bridgekeeper::actors
