#include "actors/event_teller.hpp"

#include "actors/event_publication.hpp"

#include <utility>

namespace bridgekeeper::actors {

namespace {

/// An event of this agent that belongs to `session`: the dispatching session,
/// or the bridge's own.
event_draft draft(const announcement& agent, const shared_session& session,
                  event::body_type body) {
  auto out = std::make_shared<event_publication>();
  out->agent = agent.agent;
  out->session = session;
  if (*agent.session != *session)
    out->bridge_session = agent.session;
  out->body = std::move(body);
  return out;
}

} // namespace

event_draft event_teller::operator()(const fact::agent_connected& x) const {
  return draft(
      x.agent, x.agent.session,
      agent_connected{x.number, x.agent.capabilities, x.agent.workdir});
}

event_draft event_teller::operator()(const fact::agent_disconnected& x) const {
  return draft(x.agent, x.agent.session, agent_disconnected{x.why, x.detail});
}

event_draft event_teller::operator()(const fact::agent_timed_out& x) const {
  return draft(x.agent, x.agent.session,
               agent_heartbeat_lost{x.last_seen, x.allowed});
}

event_draft event_teller::operator()(const fact::agent_conflict& x) const {
  return draft(x.standing, x.standing.session,
               agent_conflict{x.standing.ip, x.newcomer.ip, x.newcomer_stands});
}

event_draft event_teller::operator()(const fact::dispatch_started& x) const {
  return draft(x.agent, x.task.session,
               task_dispatched{x.task.message, x.followup_to,
                               std::string{x.traceparent}});
}

event_draft event_teller::operator()(const fact::progress_reported& x) const {
  return draft(x.agent, x.session, agent_progress{x.report});
}

event_draft event_teller::operator()(const fact::response_received& x) const {
  const auto& result = x.result;
  if (result->error)
    return draft(x.agent, x.session,
                 agent_error{result->message,
                             {errc::task_failed, *result->error},
                             result,
                             x.cost_is_implausible});
  return draft(x.agent, x.session,
               agent_response{result, x.cost_is_implausible});
}

event_draft event_teller::operator()(const fact::dispatch_failed& x) const {
  return draft(x.agent, x.session, agent_error{x.message, x.why, nullptr});
}

event_draft event_teller::operator()(const fact::dispatch_cancelled& x) const {
  return draft(x.agent, x.session, task_cancelled{x.message});
}

event_draft event_teller::operator()(const fact::dispatch_queued& x) const {
  return draft(x.agent, x.session, task_queued{x.message});
}

event_draft event_teller::operator()(const fact::dispatch_sent& x) const {
  return draft(x.agent, x.session, task_sent{x.message, x.attempt});
}

event_draft event_teller::operator()(const fact::dispatch_retried& x) const {
  return draft(x.agent, x.session,
               task_retrying{x.message, x.attempt, x.why, x.not_before});
}

event_draft event_teller::operator()(const fact::late_result_kept& x) const {
  return draft(x.agent, x.session, late_result{x.result});
}

event_draft event_teller::operator()(const fact::cost_recorded& x) const {
  if (!x.cost.warning)
    return nullptr;
  return draft(
      x.agent, x.session,
      cost_warning{x.message, x.cost.session_total, x.cost.daily_total});
}

} // namespace bridgekeeper::actors
