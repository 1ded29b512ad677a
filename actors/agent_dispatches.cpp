#include "actors/agent.hpp"
#include "actors/dispatch_shelf.hpp"
#include "actors/frame_kinds.hpp"
#include "actors/store_port.hpp"
#include "actors/tell.hpp"
#include "protocol/codec.hpp"
#include "protocol/response_remains.hpp"
#include "protocol/usage_cost.hpp"
#include "store/dispatches/crash_points.hpp"

#include <utility>

namespace bridgekeeper::actors {

namespace {

/// The bridge has ended the task because its deadline has passed (contract
/// section 1).
bool reports_timeout(const response& x) {
  return x.error && x.error->starts_with("timed_out:");
}

} // namespace

// -- messages from the bridge -------------------------------------------------

void agent_state::on_frame(frame_view frame) {
  if (phase != phase_type::standing)
    return;
  if (frame.binary)
    return leave(errc::binary_frame);
  auto message = protocol::decode(frame.payload);
  context->metrics.received.count(kind_of(message), frame.payload.size());
  if (!message)
    return on_unreadable(frame.payload, message.error());
  std::visit([this](auto& x) { on_message(x); }, *message);
}

void agent_state::on_unreadable(std::string_view frame, const failure& why) {
  ++context->counts.invalid_frames;
  if (terms)
    if (auto core = protocol::decode_core_response(frame))
      return on_message(*core);
  // Searching costs as much as parsing, so do it only if a response is awaited.
  auto found = pending.size() > 0 || terms
                   ? protocol::find_response_remains(frame)
                   : std::nullopt;
  if (!found)
    return ignore_frame(why);
  if (found->agent && !names_me(*found->agent, found->message))
    return;
  adopt_if_awaited(found->message);
  auto entry = pending.extract(found->message);
  if (!entry) {
    // There is nothing to record, so the bridge need not keep it.
    if (!session->is_full())
      acknowledge(found->message).send();
    return ignore_frame(why);
  }
  refuse_result(errc::unreadable_response, announced->agent, found->message,
                next_complaint(), why.detail);
  auto cost = cost_of(found->usage, *entry);
  entry->life.on_error(entry->life.attempt());
  end_with_unreadable_response(
      *context, {announced, from}, std::move(*entry),
      {errc::unreadable_response,
       std::string{sentence(errc::unreadable_response)} + ": " + why.detail},
      cost, acknowledge(found->message));
  send_next();
}

reported_cost agent_state::cost_of(const json_object& usage,
                                   const pending_dispatch& x) {
  auto found = protocol::cost_of(usage, x.cost.price());
  return {found, found.implausible ? next_complaint() : fact::log_turn{}};
}

bool agent_state::names_me(const agent_id& claimed, const message_id& message) {
  if (claimed == announced->agent)
    return true;
  refuse_result(errc::forged_result, claimed, message, next_complaint());
  return false;
}

fact::log_turn agent_state::next_complaint() {
  return complaints.admit(context->deadlines.now());
}

void agent_state::ignore_frame(const failure& why) {
  tell(*context, fact::frame_ignored{*announced, from, why, next_complaint()});
}

void agent_state::refuse_result(errc why, const agent_id& claimed,
                                const message_id& message, fact::log_turn log,
                                std::string_view detail) {
  tell(*context, fact::result_refused{*announced, from, why, claimed, message,
                                      ++refused_results, log, detail});
}

void agent_state::on_message(heartbeat& x) {
  if (!names_me(x.agent, {}))
    return;
  ++context->counts.heartbeats;
  life->beat(session->last_inbound());
  announced->vitals->last_heartbeat_us.store(
      wall_clock_now().time_since_epoch().count(), std::memory_order_relaxed);
  // A bridge with a full queue learns nothing from an echo, and a flood of
  // heartbeats must not fill the queue.
  if (!session->is_full())
    send_frame(frame_kind::heartbeat, protocol::encode(x));
}

void agent_state::on_message(progress& x) {
  if (!names_me(x.agent, x.message))
    return;
  auto* entry = pending.find(x.message);
  // Not logged: a bridge may go on reporting after its dispatch has timed out.
  if (entry == nullptr)
    return refuse_result(errc::unknown_message, x.agent, x.message, {});
  auto step = entry->life.on_progress(entry->life.attempt());
  x.message = entry->order().task.message;
  auto report = std::make_shared<const progress>(std::move(x));
  record_progress(*entry, step, report);
  entry->outcome.report(report);
  pause_while_others_are_behind(entry->order());
}

void agent_state::on_message(response& x) {
  if (!names_me(x.agent, x.message))
    return;
  // Stock bridges, which are written in Python, treat an empty error text as no
  // error.
  if (x.error && x.error->empty())
    x.error.reset();
  // Protocol 1.0 has none.
  if (!terms)
    x.details.reset();
  adopt_if_awaited(x.message);
  auto entry = pending.extract(x.message);
  // When a bridge has come back after the deadline, the daemon still waits for
  // a result that was finished in time. This is none.
  if (entry && reports_timeout(x)
      && entry->attempt_due <= context->deadlines.now()) {
    time_out(std::move(*entry), {});
    entry.reset();
  }
  if (!entry) {
    if (!keep_late_result(x))
      terms ? keep_old_result(std::move(x))
            : refuse_result(errc::unknown_message, x.agent, x.message,
                            next_complaint());
    // The bridge is free again.
    return send_next();
  }
  auto notice = acknowledge(x.message);
  if (store::is_mutated("ack_first"))
    notice.send();
  x.message = entry->order().task.message;
  auto attempt = entry->life.attempt();
  auto failure = x.details ? x.details->failure : std::nullopt;
  x.error ? entry->life.on_error(attempt, failure)
          : entry->life.on_response(attempt);
  pause_while_others_are_behind(entry->order());
  store::crash_point("after_result");
  auto cost = cost_of(x.usage, *entry);
  end_with_response(*context, {announced, from}, std::move(*entry),
                    std::make_shared<const response>(std::move(x)), cost,
                    std::move(notice));
  send_next();
}

void agent_state::on_message(accept_notice& x) {
  if (!terms || !names_me(x.agent, x.message))
    return;
  auto* entry = pending.find(x.message);
  if (entry == nullptr
      || entry->life.on_accepted(entry->life.attempt()) != life_step::moved)
    return;
  // Unknown of a dispatch that an earlier daemon has sent.
  if (entry->sent_at != time_point{})
    observe(context->metrics.bridge_acceptance,
            session->last_inbound() - entry->sent_at);
  if (context->store)
    context->store->submit(
        store::mark_accepted{entry->row, entry->life.attempt()});
}

void agent_state::on_message(drain_notice& x) {
  if (!terms || !names_me(x.agent, {}))
    return;
  announced->vitals->is_bridge_draining = true;
}

link_notice agent_state::acknowledge(const message_id& wire_id) const {
  if (!terms)
    return {};
  return {session, protocol::encode(response_ack{wire_id}), frame_kind::ack,
          &context->metrics};
}

link_notice agent_state::call_off(const pending_dispatch& x, errc why) const {
  if (!terms)
    return {};
  return {
      session,
      protocol::encode(cancel_request{x.wire_id(), std::string{token(why)}}),
      frame_kind::cancel, &context->metrics};
}

// -- cancellation and timeouts ------------------------------------------------

std::optional<pending_dispatch>
agent_state::extract_attempt(const message_id& id) {
  for (std::uint16_t attempt = 1; attempt <= max_dispatch_attempts; ++attempt)
    if (auto entry = pending.extract(wire_id_of(id, attempt)))
      return entry;
  return std::nullopt;
}

void agent_state::on_cancel(const message_id& id) {
  if (auto waiting = queue.extract(id)) {
    end_cancelled(*context, {announced, from}, std::move(*waiting));
  } else if (auto sent = extract_attempt(id)) {
    expect_late_result(*sent);
    auto notice = call_off(*sent, errc::cancelled);
    end_cancelled(*context, {announced, from}, std::move(*sent),
                  std::move(notice));
  }
  send_next();
}

bool agent_state::end_if_cancelled(pending_dispatch& x) {
  if (!context->shelf->is_cancelled(x.order().task.message))
    return false;
  end_cancelled(*context, {announced, from}, std::move(x));
  return true;
}

void agent_state::time_out(pending_dispatch x, link_notice notice) {
  expect_late_result(x);
  if (x.end_by <= context->deadlines.now())
    return end_overdue(*context, {announced, from}, std::move(x),
                       std::move(notice));
  x.life.on_attempt_timeout(x.life.attempt());
  end_without_response(*context, {announced, from}, std::move(x),
                       {errc::timeout, {}}, std::move(notice));
}

void agent_state::expect_late_result(const pending_dispatch& x) {
  const auto& task = x.order().task;
  late.expect({x.wire_id(), task.message, task.session, x.row, x.life.attempt(),
               context->deadlines.now() + context->agent.slot_hold});
}

void agent_state::record_progress(
    const pending_dispatch& x, life_step step,
    const std::shared_ptr<const progress>& report) {
  fact::progress_reported what{*announced, x.order().task.session, report};
  if (context->store) {
    if (step == life_step::moved)
      context->store->submit(store::mark_running{x.row, x.life.attempt()});
    context->store->submit(
        store::record_events{event_of(what), x.row, x.life.attempt()});
  }
  tell_recorded(*context, what);
}

} // namespace bridgekeeper::actors
