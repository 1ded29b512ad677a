#include "actors/agent.hpp"
#include "actors/doorkeeper.hpp"
#include "actors/failure_errors.hpp"
#include "actors/frame_kinds.hpp"
#include "actors/store_port.hpp"
#include "actors/tell.hpp"
#include "domain/life_probe.hpp"
#include "domain/limits.hpp"
#include "log/log_line.hpp"
#include "net/secret_text.hpp"
#include "protocol/announcement_json.hpp"
#include "protocol/codec.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace bridgekeeper::actors {

namespace {

/// How long the response to a registration waits for the store at most.
constexpr std::chrono::seconds longest_record_wait{5};

/// The checks of the token with which a bridge registers.
doorkeeper<thread_context> gate(thread_context& context, const origin& from,
                                const agent_id& claimed) {
  return {context, fact::token_refused{.where = fact::gate::bridge,
                                       .from = from,
                                       .at = context.deadlines.now(),
                                       .claimed = claimed.str()}};
}

} // namespace

void agent_state::on_first_frame(frame_view frame) {
  if (auto registration = read_registration(frame))
    on_registration(std::move(*registration), frame.payload);
}

std::optional<registration> agent_state::read_registration(frame_view frame) {
  auto refused = [this](errc why, std::string_view text) {
    refuse_registration(why, text);
    return std::nullopt;
  };
  if (frame.binary)
    return refused(errc::invalid_message,
                   "Invalid message format: expected text");
  auto message = protocol::decode(frame.payload);
  context->metrics.received.count(kind_of(message), frame.payload.size());
  if (!message) {
    const auto& why = message.error();
    if (why.kind == protocol::unknown_type_kind)
      return refused(errc::not_registered, sentence(errc::not_registered));
    return refused(why.code, why.detail);
  }
  auto found = std::get_if<registration>(&*message);
  if (found == nullptr)
    return refused(errc::not_registered, sentence(errc::not_registered));
  return std::move(*found);
}

void agent_state::on_registration(registration x, std::string_view frame) {
  if (is_valid_agent_id(x.agent.str()))
    claimed_id = x.agent;
  auto turn = gate(*context, from, x.agent)
                  .take_turn(x.auth_token, longest_registration_hold);
  if (turn.too_many) {
    net::wipe(x.auth_token);
    return refuse_registration(errc::too_many_attempts,
                               sentence(errc::too_many_attempts));
  }
  if (turn.delay == std::chrono::milliseconds{0})
    return judge(std::move(x));
  // If the link were closed now, the bridge would never reconnect, even with a
  // valid token. So wait, and keep only the unparsed frame until then.
  phase = phase_type::held;
  net::wipe(x.auth_token);
  held_frame = net::secret_text{std::string{frame}};
  session->hold_frame();
  session->pause_reading();
  deadline->arm(turn.delay);
}

void agent_state::judge(registration x) {
  net::secret_text presented{std::move(x.auth_token)};
  auto checks = gate(*context, from, x.agent);
  auto grant =
      checks.identify(presented.str(), *context->tokens, context->wall_clock());
  if (!grant) {
    checks.refuse(grant.error());
    auto why = grant.error().code;
    return refuse_registration(
        why, why == errc::auth_not_configured
                 ? "Authentication failed: authentication not configured"
                 : invalid_token_text);
  }
  claimed_id = x.agent;
  if (!is_valid_agent_id(x.agent.str()))
    return refuse_registration(
        errc::invalid_agent_id,
        "Invalid message format: agent_id: expected 1 to 64 letters, digits or "
        "hyphens");
  if (!(*grant)->admits(x.agent)) {
    from.token = (*grant)->label;
    checks.refuse({errc::missing_scope, {}});
    return refuse_registration(
        errc::missing_scope, invalid_token_text,
        (*grant)->scopes.covers(token_scope::bridge)
            ? "the token is for agents named " + (*grant)->agents
            : std::string{"the token lacks the scope bridge"});
  }
  // While a registration is held, its bridge is not read, so nothing else has
  // noticed yet if the connection was cut to make room.
  if (unregistered_place->was_cut())
    return refuse_registration(errc::too_many_connections,
                               sentence(errc::too_many_connections));
  auto session_of_its_own = own_session(x);
  limit_announcement(x);
  auto vitals = std::make_shared<agent_vitals>();
  auto now = wall_clock_now();
  vitals->last_heartbeat_us = now.time_since_epoch().count();
  announcement made{std::move(x.agent),
                    share(std::move(session_of_its_own)),
                    from.ip,
                    std::move(x.capabilities),
                    std::move(x.workdir),
                    std::move(x.metadata),
                    now,
                    std::move(vitals)};
  terms = std::move(x.terms);
  made.slots = terms ? terms->slots : context->agent.slots;
  if (terms) {
    made.instance = terms->instance;
    made.labels = std::exchange(terms->labels, {});
  }
  announced = std::make_shared<const announcement>(std::move(made));
  static_cast<self_type*>(self)->stand_for(announced->agent.str());
  who = std::move(*grant);
  unregistered_place->keep();
  session->keep_place();
  from.token = who->label;
  tell(*context, fact::token_accepted{.where = fact::gate::bridge,
                                      .from = from,
                                      .agent = announced.get()});
  phase = phase_type::joining;
  // The bridge did register in time; from here on, only the registry can be
  // late. It may have to wait until another bridge has proved to be alive.
  deadline->arm(std::max<std::chrono::milliseconds>(
      context->agent.register_timeout,
      life_probe::timeout + std::chrono::seconds{1}));
  // Frames that arrive before the response stay in the socket.
  session->pause_reading();
  join();
}

session_id agent_state::own_session(const registration& x) const {
  session_id named{protocol::string_member(x.metadata, "session_id")};
  if (named.empty() || named.str().size() > max_label_length)
    return session_id{make_uuid()};
  if (named != *context->control_session && !context->sessions->contains(named))
    return named;
  // In a control client's session, the bridge's events could displace those of
  // control clients from the history.
  session_id made{make_uuid()};
  log::line(log::level::warn, {.agent = x.agent.str(), .peer = from.ip},
            "agent {} at {} names the control session {} as its own; it "
            "gets the session {} instead",
            x.agent.str(), from.ip, named.str(), made.str());
  return made;
}

void agent_state::limit_announcement(registration& x) {
  if (x.metadata == json_object{} && x.capabilities.empty())
    return;
  auto bytes = x.metadata.str().size();
  for (const auto& capability : x.capabilities)
    bytes += sizeof(std::string) + capability.size();
  announced_share = net::byte_budget::share{context->announced};
  if (announced_share.grow_to(bytes))
    return;
  // Rejecting the bridge is not an option: a bridge that is closed before it
  // gets `registered` never reconnects.
  log::line(log::level::warn, {.agent = x.agent.str(), .peer = from.ip},
            "agent {} at {} was registered without its metadata and "
            "capabilities ({} bytes): connected agents already use {} of "
            "{} bytes (agents.known_bytes)",
            x.agent.str(), from.ip, bytes, context->announced->used(),
            context->announced->limit());
  x.metadata = {};
  x.capabilities.clear();
}

void agent_state::join() {
  self->request(context->core.registry, caf::infinite, join_atom_v, announced,
                agent_actor{self})
      .then([this](incarnation granted) { on_joined(granted); },
            [this](const caf::error& error) {
              // The registry died; `on_core_replaced` joins its successor.
              if (is_unhandled(error))
                return;
              auto why = to_failure(error).code;
              // The agent joined twice, because the core was replaced in the
              // meantime, and the other attempt succeeded.
              if (why == errc::agent_id_in_use && phase == phase_type::standing)
                return;
              if (why == errc::agent_id_in_use && phase == phase_type::joining)
                return refuse_registration(why, sentence(why));
              leave(why);
            });
}

void agent_state::on_joined(incarnation granted) {
  if (phase == phase_type::standing && granted > number) {
    // The agent joined twice, because the core was replaced in the meantime.
    // The later incarnation applies.
    if (terms) {
      context->shelf->hold(announced->agent, granted);
      context->shelf->release(announced->agent, number);
    }
    number = granted;
  }
  if (phase != phase_type::joining)
    return;
  // Nobody registers faster than the store can take it down.
  auto must_wait =
      context->store && context->store->waiting_bytes() > store_backlog_limit;
  if (must_wait && !is_being_recorded) {
    deadline->arm(longest_record_wait);
    record_agent([](agent_state& agent) {
      agent.is_being_recorded = false;
      agent.welcome();
    });
  }
  auto before = std::exchange(number, std::max(number, granted));
  if (terms) {
    context->shelf->hold(announced->agent, number);
    // The agent joined twice while it waited.
    if (before != number)
      context->shelf->release(announced->agent, before);
  }
  if (is_being_recorded)
    return;
  record_agent({});
  welcome();
}

void agent_state::record_agent(void (*then)(agent_state&)) {
  if (!context->store)
    return;
  store::upsert_agent operation{.id = announced->agent,
                                .announced =
                                    protocol::encode_announcement(*announced),
                                .seen = announced->connected_at};
  if (then == nullptr)
    return context->store->submit(std::move(operation));
  is_being_recorded = true;
  context->store->submit(std::move(operation),
                         [then, line = get_line()](const store::completion&) {
                           if (line->agent != nullptr)
                             then(*line->agent);
                         });
}

void agent_state::welcome() {
  if (phase != phase_type::joining)
    return;
  // `fetch` calls again when an earlier link has left.
  if (!leave_once_joined && must_await_predecessor())
    return deadline->arm(context->agent.register_timeout);
  phase = phase_type::standing;
  deadline->disarm();
  unregistered_place.reset();
  session->accept_frames_up_to(context->agent.session.max_frame);
  context->local.enter(announced->agent, agent_actor{self});
  registered frame{*announced->session, announced->agent};
  if (terms)
    frame.terms = resume();
  send_frame(frame_kind::registered, protocol::encode(frame));
  send_resumed_frames();
  session->resume_reading();
  tell(*context, fact::agent_connected{*announced, number, from});
  if (frame.terms
      && !(frame.terms->adopted.empty() && frame.terms->cancelled.empty()))
    tell(*context,
         fact::bridge_resumed{*announced, from, frame.terms->adopted.size(),
                              frame.terms->cancelled.size()});
  if (leave_once_joined)
    return leave(*leave_once_joined);
  // It registered while the daemon had already begun to stop.
  if (context->draining && leaves_at_once())
    return leave(errc::draining);
  fetch();
}

void agent_state::refuse_registration(errc why, std::string_view text,
                                      const std::string& for_the_log) {
  is_refused = true;
  // The bridge is told less than the operator: a token for other agents looks
  // to it like an invalid one.
  tell(*context, fact::registration_refused{
                     claimed_id, why,
                     for_the_log.empty() ? text : std::string_view{for_the_log},
                     from, context->deadlines.now()});
  leave(why, text);
}

} // namespace bridgekeeper::actors
