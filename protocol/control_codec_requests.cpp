#include "domain/limits.hpp"
#include "protocol/control_codec.hpp"
#include "protocol/control_fields.hpp"
#include "protocol/json_fields.hpp"

#include <array>
#include <utility>

// Requests on /ws/control.

namespace bridgekeeper::protocol {

namespace {

constexpr std::array<std::string_view, 19> request_fields{
    "type",        "id",          "agent_id",        "content",
    "context",     "quiet",       "message_id",      "reset_session",
    "timeout_s",   "priority",    "queue_timeout_s", "total_timeout_s",
    "followup_to", "retry",       "idempotency_key", "require",
    "durability",  "traceparent", "tracestate"};

/// An invalid trace is ignored, as W3C Trace Context asks for.
trace_context take_trace(const json_fields& fields) {
  auto text = [&](std::string_view name) {
    const auto& x = fields.find(name);
    return x.kind == json_kind::string ? std::string_view{x.text}
                                       : std::string_view{};
  };
  return make_trace_context(text("traceparent"), text("tracestate"));
}

result<control_request> take_dispatch(json_fields& fields, std::string id) {
  auto to = take_target(fields);
  if (!to)
    return to.error();
  auto body = take_body(fields);
  if (!body)
    return body.error();
  body->require = std::move(to->require);
  auto quiet = fields.take_flag("quiet");
  if (!quiet)
    return quiet.error();
  if (fields.has("idempotency_key")) {
    auto key = fields.take_required("idempotency_key", max_idempotency_key);
    if (!key)
      return key.error();
    body->idempotency_key = std::move(*key);
  }
  body->trace = take_trace(fields);
  return control_request{control_dispatch{std::move(id), std::move(to->agent),
                                          std::move(*body), *quiet}};
}

result<control_request> take_subscribe(json_fields& fields, std::string id) {
  auto agent = fields.take_nullable("agent_id", max_label_length);
  if (!agent)
    return agent.error();
  control_subscribe out{std::move(id), {}};
  if (*agent) {
    if (!is_valid_agent_id(**agent))
      return failure{errc::invalid_agent_id, {}, "agent_id"};
    out.agent = agent_id{std::move(**agent)};
  }
  return control_request{std::move(out)};
}

result<control_request> take_inquiry(json_fields& fields, std::string id) {
  auto message = fields.take_required("message_id", max_label_length);
  if (!message)
    return message.error();
  return control_request{
      control_inquiry{std::move(id), message_id{std::move(*message)}}};
}

result<control_request> take_cancel(json_fields& fields, std::string id) {
  auto message = fields.take_required("message_id", max_label_length);
  if (!message)
    return message.error();
  return control_request{
      control_cancel{std::move(id), message_id{std::move(*message)}}};
}

result<control_request> take_costs(json_fields& fields, std::string id) {
  auto reset = fields.take_flag("reset_session");
  if (!reset)
    return reset.error();
  return control_request{control_costs{std::move(id), *reset}};
}

result<control_request> take_forget(json_fields& fields, std::string id) {
  auto agent = take_agent(fields);
  if (!agent)
    return agent.error();
  return control_request{control_forget{std::move(id), std::move(*agent)}};
}

result<control_request> take_task(json_fields& fields, std::string id) {
  auto agent = fields.take_required("agent_id", max_label_length);
  if (!agent)
    return agent.error();
  if (!is_valid_agent_id(*agent))
    return failure{errc::invalid_agent_id, {}, "agent_id"};
  return control_request{
      control_task{std::move(id), agent_id{std::move(*agent)}}};
}

result<control_request> take_request(json_fields& fields, std::string id) {
  const auto& type = fields.find("type").text;
  if (type == "dispatch")
    return take_dispatch(fields, std::move(id));
  if (type == "subscribe")
    return take_subscribe(fields, std::move(id));
  if (type == "agents")
    return control_request{control_list{std::move(id)}};
  if (type == "record")
    return take_inquiry(fields, std::move(id));
  if (type == "cancel")
    return take_cancel(fields, std::move(id));
  if (type == "costs")
    return take_costs(fields, std::move(id));
  if (type == "forget")
    return take_forget(fields, std::move(id));
  if (type == "task")
    return take_task(fields, std::move(id));
  return failure{errc::invalid_message,
                 "type: expected dispatch, subscribe, agents, record, cancel, "
                 "task, costs or forget",
                 "type"};
}

} // namespace

std::variant<control_request, control_refusal>
decode_control(std::string_view frame) {
  auto fields = json_fields::parse(frame, request_fields);
  if (!fields)
    return control_refusal{{}, fields.error()};
  auto id = fields->take_string("id", max_label_length);
  if (!id)
    return control_refusal{{}, id.error()};
  auto request = take_request(*fields, *id);
  if (!request)
    return control_refusal{std::move(*id), request.error()};
  return std::move(*request);
}

} // namespace bridgekeeper::protocol
