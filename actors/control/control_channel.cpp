#include "actors/control/control_channel.hpp"

#include "actors/caf_compat.hpp"
#include "actors/control/control_answers.hpp"
#include "actors/control/dispatching.hpp"
#include "actors/session_ports.hpp"
#include "protocol/dispatch_record.hpp"

#include <utility>

namespace bridgekeeper::actors {

namespace {

constexpr std::size_t max_subscriptions = 1000;

} // namespace

control_channel_state::~control_channel_state() {
  if (session)
    session->abandon(protocol::make_close_reason(errc::internal),
                     errc::internal);
}

void control_channel_state::start(
    self_type* actor, thread_context& shared,
    std::shared_ptr<net::websocket_session> socket) {
  context = &shared;
  session = std::move(socket);
  residence = std::make_unique<resident_port<self_type>>(actor);
  shared.clients.push_back(*residence);
  session->start(std::make_unique<websocket_port<self_type>>(actor));
}

control_channel_actor::behavior_type control_channel_state::make_behavior() {
  return {
      [this](accepted_atom, const message_id& id) { on_accepted(id); },
      [this](progress_atom,
             const std::shared_ptr<const protocol::progress>& x) {
        on_progress(*x);
      },
      [this](event_atom, const protocol::event_ptr& x) { on_event(*x); },
      [](history_atom, const std::vector<protocol::event_ptr>&, bool) {
        // Subscriptions over this socket begin with the present.
      },
      [this](frame_atom, frame_view frame) { on_frame(frame); },
      [this](ended_atom, const net::session_end&) { self->quit(); },
      [this](resubmit_atom, const dispatch_order_ptr& order, unsigned attempt) {
        submit_order(order, attempt);
      },
      [this](core_atom) { on_core_replaced(); },
      [this](leave_atom, errc why) { leave(why); },
  };
}

void control_channel_state::on_frame(frame_view frame) {
  ++context->counts.control_requests;
  if (frame.binary)
    return leave(errc::binary_frame);
  auto decoded = protocol::decode_control(frame.payload);
  if (auto refusal = std::get_if<protocol::control_refusal>(&decoded))
    return session->send(
        protocol::encode_error(refusal->id, nullptr, refusal->why));
  std::visit([this](auto& request) { on_request(std::move(request)); },
             std::get<protocol::control_request>(decoded));
}

void control_channel_state::leave(errc why) {
  session->abandon(protocol::make_close_reason(why), why);
  self->quit();
}

// -- dispatching --------------------------------------------------------------

void control_channel_state::on_request(protocol::control_dispatch x) {
  if (context->draining)
    return session->send(
        protocol::encode_error(x.id, nullptr, {errc::draining, {}}));
  dispatch_observer observer;
  if (!x.quiet)
    observer = control_channel_actor{self};
  auto order = make_order(x.agent, std::move(x.body), std::move(observer),
                          context->control);
  if (!order)
    return session->send(protocol::encode_error(x.id, nullptr, order.error()));
  flights.emplace((*order)->task.message,
                  flight{std::move(x.id), std::move(x.agent)});
  if (flights.size() >= context->control.max_in_flight)
    session->pause_reading();
  submit_order(*order, 0);
}

void control_channel_state::submit_order(const dispatch_order_ptr& order,
                                         unsigned attempt) {
  submit(
      self, *context, order, attempt,
      [this](const dispatch_outcome& x) { on_outcome(x); },
      [this, id = order->task.message](const failure& why) {
        on_failure(id, why);
      });
}

void control_channel_state::on_accepted(const message_id& id) {
  if (auto pos = flights.find(id); pos != flights.end())
    session->send(
        protocol::encode_accepted(pos->second.id, id, pos->second.agent));
}

void control_channel_state::on_progress(const protocol::progress& x) {
  if (auto pos = flights.find(x.message); pos != flights.end())
    session->send(protocol::encode_progress(pos->second.id, x));
}

void control_channel_state::on_outcome(const dispatch_outcome& x) {
  auto pos = flights.find(x.result->message);
  if (pos == flights.end())
    return;
  session->send(protocol::encode_response(pos->second.id, *x.result, x.took));
  land(pos);
}

void control_channel_state::on_failure(const message_id& id,
                                       const failure& why) {
  auto pos = flights.find(id);
  if (pos == flights.end())
    return;
  session->send(protocol::encode_error(pos->second.id, &id, why));
  land(pos);
}

void control_channel_state::land(
    std::unordered_map<message_id, flight>::iterator pos) {
  flights.erase(pos);
  if (flights.size() + 1 == context->control.max_in_flight)
    session->resume_reading();
}

// -- events -------------------------------------------------------------------

void control_channel_state::on_request(protocol::control_subscribe x) {
  if (streams.size() >= max_subscriptions)
    return session->send(protocol::encode_error(
        x.id, nullptr,
        {errc::overflow, "One connection may hold "
                             + std::to_string(max_subscriptions)
                             + " subscriptions"}));
  streams.push_back({std::move(x.id), std::move(x.agent), 0});
  follow(streams.back());
  session->send(protocol::encode_subscribed(streams.back().id));
}

void control_channel_state::follow(const subscribed_stream& x) {
  self->send(context->core.events, follow_atom_v,
             subscription{control_channel_actor{self}, x.agent, 0, false});
}

void control_channel_state::on_event(const protocol::event& x) {
  for (auto& stream : streams) {
    if (x.sequence <= stream.seen || (stream.agent && *stream.agent != x.agent))
      continue;
    stream.seen = x.sequence;
    session->send(protocol::encode_event(stream.id, x));
  }
}

void control_channel_state::on_core_replaced() {
  for (const auto& stream : streams)
    follow(stream);
}

void control_channel_state::on_request(const protocol::control_list& x) {
  self->request(context->core.registry, caf::infinite, list_atom_v)
      .then(
          [this, id = x.id](const agent_list& agents) {
            session->send(
                protocol::encode_agents(id, to_json(*agents), agents->size()));
          },
          [this, id = x.id](const caf::error& error) {
            session->send(
                protocol::encode_error(id, nullptr, to_failure(error)));
          });
}

void control_channel_state::on_request(const protocol::control_inquiry& x) {
  self->request(context->core.events, caf::infinite, record_atom_v, x.message)
      .then(
          [this, id = x.id](const protocol::dispatch_record& record) {
            session->send(protocol::encode_record(id, encode(record)));
          },
          [this, id = x.id, about = x.message](const caf::error& error) {
            session->send(
                protocol::encode_error(id, &about, to_failure(error)));
          });
}

control_channel_actor::behavior_type
control_channel(control_channel_state::self_type* self, thread_context* context,
                std::shared_ptr<net::websocket_session> session) {
  self->enrol(context->people, context->home != nullptr
                                   ? std::optional{context->index}
                                   : std::nullopt);
  self->state.start(self, *context, std::move(session));
  return self->state.make_behavior();
}

} // namespace bridgekeeper::actors
