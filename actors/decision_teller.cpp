#include "actors/decision_teller.hpp"

#include "actors/decision_text.hpp"
#include "actors/teller_text.hpp"
#include "domain/count_text.hpp"
#include "domain/explaining_ends.hpp"
#include "domain/explanation.hpp"

#include <string>
#include <utility>

// Decisions about agents, requests and connections.

namespace bridgekeeper::actors {

namespace {

using topic = decision_topic;

/// The reasons of links whose settings differ from those of requests.
void name_link_setting(decision& x) {
  if (x.why == errc::too_large)
    x.setting = "bridge.max_frame_bytes";
  else if (x.why == errc::request_timeout || x.why == errc::stalled)
    x.setting = "server.peer_timeout";
}

/// Whether only requests about an agent that exists are refused for this
/// reason.
bool proves_agent(errc why) {
  return why == errc::agent_not_connected || why == errc::agent_still_connected
         || why == errc::no_task || why == errc::too_many_pending;
}

} // namespace

// -- agents -------------------------------------------------------------------

void decision_teller::operator()(const fact::bridge_rejected& x) const {
  log_.note(because(topic::turned_away, x.why,
                    "A bridge" + at_address(x.from)
                        + " was rejected: " + in_words({}, x.why)),
            {});
}

void decision_teller::operator()(const fact::registration_refused& x) const {
  auto out = because(topic::turned_away, x.why,
                     "The registration of a bridge" + at_address(x.from)
                         + " was refused: " + in_words(x.detail, x.why));
  // Only a registered agent has shown that it may use the id.
  log_.note(std::move(out),
            {.agent = &x.claimed, .is_claim = x.why != errc::agent_id_in_use});
}

void decision_teller::operator()(const fact::link_ended_early& x) const {
  auto out = because(topic::turned_away, x.why,
                     "A bridge" + at_address(x.from)
                         + " was disconnected before it had registered: "
                         + in_words(x.detail, x.why));
  name_link_setting(out);
  if (x.why == errc::too_large) {
    out.rule = "The first frame of a bridge may have 512 KiB.";
    out.setting = {};
    out.next = "Let the bridge announce less in its registration.";
  }
  log_.note(std::move(out), {.agent = &x.claimed, .is_claim = true});
}

void decision_teller::operator()(const fact::agent_connected& x) const {
  log_.note(make_note(topic::connected,
                      "The agent connected" + sender(x.from)
                          + " as incarnation "
                          + std::to_string(to_number(x.number)) + ", with "
                          + count_text(x.agent.slots, "slot", "slots") + '.'),
            {.agent = &x.agent.agent});
}

void decision_teller::operator()(const fact::agent_disconnected& x) const {
  // These have facts of their own, which say more.
  if (x.why == errc::heartbeat_timeout || x.why == errc::token_revoked)
    return;
  auto out =
      because(topic::disconnected, x.why,
              "The agent was disconnected: " + in_words(x.detail, x.why));
  if (x.why == errc::agent_lost)
    explain_link_end(out, x.detail);
  name_link_setting(out);
  log_.note(std::move(out), {.agent = &x.agent.agent});
}

void decision_teller::operator()(const fact::agent_timed_out& x) const {
  log_.note(because(topic::disconnected, errc::heartbeat_timeout,
                    "The agent was evicted: its bridge had been silent for "
                        + duration_text(x.silent) + ", and "
                        + duration_text(x.allowed) + " were allowed."),
            {.agent = &x.agent.agent});
}

void decision_teller::operator()(const fact::agent_token_revoked& x) const {
  log_.note(because(topic::disconnected, errc::token_revoked,
                    "The agent was disconnected: its token " + x.label
                        + " is no longer valid."),
            {.agent = &x.agent.agent});
}

void decision_teller::operator()(const fact::agent_replaced& x) const {
  log_.note(make_note(topic::other, "The agent registered again, from "
                                        + x.newer.ip
                                        + "; its older connection, from "
                                        + x.older.ip + ", is closed."),
            {.agent = &x.newer.agent});
}

void decision_teller::operator()(const fact::agent_conflict& x) const {
  auto text =
      "Two bridges use this agent id, one at " + x.standing.ip + " and one at "
      + x.newcomer.ip + ": "
      + (x.newcomer_stands ? "the first one did not respond, so the second one "
                             "replaced it."
                           : "the first one is alive, so the second one was "
                             "refused.");
  log_.note(because(topic::other,
                    x.newcomer_stands ? errc::replaced : errc::agent_id_in_use,
                    std::move(text)),
            {.agent = &x.standing.agent});
}

void decision_teller::operator()(const fact::agent_died& x) const {
  log_.note(
      because(topic::disconnected, errc::internal,
              "The agent's actor died: " + in_words(x.how, errc::internal)),
      {.agent = &x.agent});
}

void decision_teller::operator()(const fact::agent_forgotten& x) const {
  log_.note(make_note(topic::other, "The agent was forgotten, at the request"
                                        + sender(x.from) + '.'),
            {.agent = &x.agent});
}

void decision_teller::operator()(const fact::dispatch_erased& x) const {
  log_.forget(x.agent, x.message);
}

void decision_teller::operator()(const fact::agent_erased& x) const {
  log_.forget(x.agent);
}

void decision_teller::operator()(const fact::agent_duty_changed& x) const {
  // The registry knows which agents are cordoned.
  if (x.agent.empty())
    return;
  log_.note(make_note(topic::other, "An operator"
                                        + std::string{at_console(x.where)}
                                        + sender(x.from) + " has "
                                        + std::string{done_by_operator(x.duty)}
                                        + " the agent."),
            {.agent = &x.agent});
}

void decision_teller::operator()(const fact::bridge_resumed& x) const {
  log_.note(
      make_note(topic::other, "The bridge came back: "
                                  + count_text(x.adopted, "dispatch goes on",
                                               "dispatches go on")
                                  + ", " + std::to_string(x.cancelled)
                                  + (x.cancelled == 1 ? " was" : " were")
                                  + " no longer wanted."),
      {.agent = &x.agent.agent});
}

void decision_teller::operator()(const fact::result_refused& x) const {
  auto text = x.why == errc::forged_result
                  ? std::string{"A message of the bridge was dropped because "
                                "it names another agent."}
              : x.why == errc::unknown_message
                  ? "A response was dropped because the dispatch "
                        + x.message.str() + " is not pending on this link."
                  : "A response of the bridge was invalid: "
                        + in_words(x.detail, x.why);
  log_.note(because(topic::refused, x.why, std::move(text)),
            {.agent = &x.agent.agent});
}

void decision_teller::operator()(const fact::frame_ignored& x) const {
  log_.note(because(topic::refused, x.why.code,
                    "An invalid frame of the bridge was ignored: "
                        + in_words(x.why.detail, x.why.code)),
            {.agent = &x.agent.agent});
}

// -- requests and connections -------------------------------------------------

void decision_teller::operator()(const fact::token_refused& x) const {
  // The others are told when the request or the registration is refused.
  if (x.where == fact::gate::console)
    log_.note(because(topic::refused, x.why,
                      "An operator's console was rejected: "
                          + in_words(x.detail, x.why)),
              {});
}

void decision_teller::operator()(const fact::request_refused& x) const {
  // Limits have facts of their own, which say more.
  if (x.why.code == errc::rate_limited || x.why.code == errc::cost_limit)
    return;
  auto what = x.what.path.empty()
                  ? std::string{"A request on /ws/control"}
                  : std::string{x.what.method} + ' ' + std::string{x.what.path};
  auto out = because(topic::refused, x.why.code,
                     what + sender(x.from) + " was refused: "
                         + in_words(x.why.detail, x.why.code));
  if (x.why.code == errc::overflow) {
    out.rule = "The subscriptions of one connection are limited.";
    out.setting = {};
    out.next = "Subscribe to the events of all agents, or use several "
               "connections.";
  }
  log_.note(std::move(out),
            {.agent = x.agent,
             .message = x.message,
             .is_claim = !x.is_authorized,
             .agent_is_unproven = !proves_agent(x.why.code),
             .message_is_unproven =
                 !x.is_new_message && x.why.code != errc::already_ended});
}

void decision_teller::operator()(const fact::connection_refused& x) const {
  log_.note(because(topic::refused, x.why,
                    "A connection" + sender(x.from)
                        + " was rejected: " + in_words({}, x.why)),
            {});
}

void decision_teller::operator()(
    const fact::control_client_disconnected& x) const {
  auto out = because(topic::disconnected, x.why,
                     "The connection of a control client" + sender(x.from)
                         + " has ended: " + in_words(x.detail, x.why));
  if (x.why != errc::too_large)
    name_link_setting(out);
  log_.note(std::move(out), {});
}

void decision_teller::operator()(const fact::stream_reader_dropped& x) const {
  log_.note(because(topic::disconnected, x.why,
                    "A reader" + sender(x.from)
                        + " of an event stream was dropped: "
                        + in_words(x.detail, x.why)),
            {});
}

} // namespace bridgekeeper::actors
