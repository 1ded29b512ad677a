#include "actors/failure_errors.hpp"
#include "actors/store_port.hpp"
#include "actors/tell.hpp"
#include "api/agent_paging.hpp"
#include "api/control_answers.hpp"
#include "api/control_session.hpp"
#include "api/event_filter.hpp"
#include "protocol/control_codec.hpp"
#include "protocol/task_content.hpp"

#include <utility>

namespace bridgekeeper::api {

namespace {

/// A core actor that takes longer to reply is reported as unavailable.
constexpr auto readiness_timeout = std::chrono::seconds{1};

/// The problems of a daemon that is ready.
std::vector<std::string> warnings(const thread_context& context) {
  auto out = context.notes->all();
  if (context.store)
    if (auto slow = context.store->state().slow_ms.load(); slow > 0)
      out.push_back(
          store::slow_disk_sentence(store::commit_times::milliseconds{slow})
          + ".");
  return out;
}

} // namespace

void control_session_state::list(answer_body (*render)(agent_list)) {
  ask<agent_list>(
      &core_handles::registry,
      [this, render](const agent_list& agents) {
        answer_in_parts({}, render(agents));
      },
      list_atom_v);
}

void control_session_state::list_bridges(const net::http_request&) {
  list(&bridge_status_body);
}

void control_session_state::check_bridge(agent_id id,
                                         const net::http_request& request) {
  const auto& who = *current->login.who;
  if (!who.admits(id)) {
    failure why{errc::missing_scope,
                "The token is for agents named " + who.agents};
    auth->refuse(*current, request, why);
    return answer(error_answer(why));
  }
  auto show = [this, id](bool is_connected) {
    answer(bridge_check_answer(id, is_connected));
  };
  ask_or<agent_view>(
      &core_handles::registry,
      [show](const agent_view& x) { show(x.connected); },
      [this, show](const caf::error& why) {
        actors::to_failure(why).code == errc::unknown_agent
            ? show(false)
            : answer_failure(why);
      },
      find_atom_v, id);
}

void control_session_state::list_agents(const net::http_request& request) {
  std::vector<protocol::violation> wrong;
  auto query = parse_agent_query(request.target(), wrong);
  if (!wrong.empty())
    return answer(violations_answer(wrong));
  if (!query)
    return list(&agents_body);
  ask<agent_page>(
      &core_handles::registry,
      [this](const agent_page& found) {
        answer_in_parts({}, agent_page_body(found));
      },
      list_atom_v, std::move(*query));
}

void control_session_state::forget_agent(agent_id id,
                                         const net::http_request&) {
  ask<bool>(
      &core_handles::registry,
      [this, id](bool) {
        tell(*context, fact::agent_forgotten{id, current->from});
        answer(forgotten_answer(id));
      },
      forget_atom_v, id);
}

void control_session_state::show_agent(agent_id id, const net::http_request&) {
  ask<agent_view>(
      &core_handles::registry,
      [this](const agent_view& x) { answer(agent_answer(x)); }, find_atom_v,
      std::move(id));
}

void control_session_state::change(agent_id id, agent_duty duty) {
  ask<std::uint64_t>(
      &core_handles::registry,
      [this, id, duty](std::uint64_t count) {
        if (count > 0)
          tell(*context,
               fact::agent_duty_changed{id, duty, count, current->from});
        if (id.empty())
          return answer(duty_answer(duty, count));
        ask<agent_view>(
            &core_handles::registry,
            [this](const agent_view& x) { answer(agent_answer(x)); },
            find_atom_v, id);
      },
      duty_atom_v, id, duty);
}

void control_session_state::show_task(agent_id id, const net::http_request&) {
  auto show = [this, id](const task_view& task) {
    answer(task_answer(id, task));
  };
  ask<agent_view>(
      &core_handles::registry,
      [this, id, show](const agent_view&) {
        ask<task_view>(&core_handles::events, show, task_atom_v, id);
      },
      find_atom_v, id);
}

void control_session_state::register_agent(const net::http_request& request) {
  auto body = protocol::decode_enlistment(request.body());
  if (!body)
    return answer(body_refusal(request, body.error()));
  std::string called{protocol::strip(body->name)};
  std::string endpoint_url{protocol::strip(body->endpoint_url)};
  if (called.empty() || endpoint_url.empty())
    return answer(error_answer({errc::blank_registration, {}}));
  ask<agent_view>(
      &core_handles::registry,
      [this](const agent_view& x) { answer(agent_answer(x)); }, enlist_atom_v,
      std::move(called), std::move(endpoint_url));
}

// -- sessions -----------------------------------------------------------------

void control_session_state::open_session(const net::http_request&) {
  session_id made{make_uuid()};
  ask<bool>(
      &core_handles::events,
      [this, made](bool) {
        context->sessions->add(made);
        if (context->store)
          context->store->submit(
              store::upsert_session{.id = made, .opened = wall_clock_now()});
        answer(session_answer(made));
      },
      open_atom_v, made);
}

void control_session_state::filter_session(const net::http_request& request) {
  session_id id{current->match.parameter};
  std::vector<protocol::violation> wrong;
  auto filter = event_filter::parse(request.target(), wrong);
  if (!wrong.empty())
    return answer(violations_answer(wrong));
  ask<past_events>(
      &core_handles::events,
      [this, filter](const past_events& past) {
        answer_in_parts({}, filtered_body(filter, past.events));
      },
      past_atom_v, stream_name{id});
}

// -- health -------------------------------------------------------------------

template <class Handle, class Then>
void control_session_state::ping_core(std::string_view which,
                                      Handle core_handles::*whom, Then then) {
  current->asked = which;
  ask<bool>(
      whom, [then](bool) { then(); }, ping_atom_v);
}

void control_session_state::show_readiness(const net::http_request&) {
  if (context->draining)
    return answer(unready_answer(errc::draining, "shutting down"));
  if (context->store)
    if (auto why = context->store->state().trouble.load();
        why != store::fault::none)
      return answer(
          unready_answer(actors::to_errc(why), sentence(why), token(why)));
  wait(readiness_timeout, &control_session_state::on_unready);
  ping_core("registry", &core_handles::registry, [this] {
    ping_core("dispatcher", &core_handles::dispatcher, [this] {
      ping_core("event hub", &core_handles::events, [this] {
        answer(ready_answer(warnings(*context), context->audit.is_losing()));
      });
    });
  });
}

void control_session_state::on_unready() {
  answer(unready_answer(errc::unavailable, "the " + std::string{current->asked}
                                               + " does not answer"));
}

} // namespace bridgekeeper::api
