#include "domain/limits.hpp"
#include "protocol/control_codec.hpp"
#include "protocol/json_fields.hpp"

#include <array>

namespace bridgekeeper::protocol {

namespace {

constexpr std::array<std::string_view, 10> body_fields{
    "content",         "context",         "timeout_s", "queue_timeout_s",
    "retry",           "total_timeout_s", "priority",  "followup_to",
    "idempotency_key", "durability"};

constexpr std::array<std::string_view, 12> routed_fields{
    "content",         "context",    "timeout_s", "queue_timeout_s",
    "total_timeout_s", "retry",      "priority",  "followup_to",
    "idempotency_key", "durability", "agent_id",  "require"};

constexpr std::array<std::string_view, 19> request_fields{
    "type",        "id",          "agent_id",        "content",
    "context",     "quiet",       "message_id",      "reset_session",
    "timeout_s",   "priority",    "queue_timeout_s", "total_timeout_s",
    "followup_to", "retry",       "idempotency_key", "require",
    "durability",  "traceparent", "tracestate"};

using member_kind = body_member::kind_type;

constexpr std::array routed_members{
    body_member{"content", member_kind::text, true},
    body_member{"context", member_kind::object},
    body_member{"timeout_s", member_kind::number},
    body_member{"queue_timeout_s", member_kind::number},
    body_member{"total_timeout_s", member_kind::number},
    body_member{"retry", member_kind::object},
    body_member{"priority", member_kind::text},
    body_member{"durability", member_kind::text},
    body_member{"followup_to", member_kind::text},
    body_member{"idempotency_key", member_kind::text},
    body_member{"agent_id", member_kind::text},
    body_member{"require", member_kind::list},
};

/// The same without the last two.
constexpr std::span dispatch_members{routed_members.data(),
                                     routed_members.size() - 2};

constexpr std::array followup_members{
    body_member{"content", member_kind::text, true},
    body_member{"followup_to", member_kind::text},
};

constexpr std::array backup_members{
    body_member{"file", member_kind::text, true},
};

constexpr std::array agent_members{
    body_member{"name", member_kind::text, true},
    body_member{"endpoint_url", member_kind::text, true},
};

/// Takes a required string. It may be empty here, because an empty one is not a
/// matter of form (422).
result<std::string>
take_text(json_fields& fields, std::string_view name,
          std::size_t limit = static_cast<std::size_t>(-1)) {
  if (!fields.has(name))
    return failure{errc::invalid_message,
                   std::string{name} + ": expected a string, got nothing", name,
                   "missing"};
  return fields.take_string(name, limit);
}

result<std::optional<message_id>> take_followup(json_fields& fields) {
  if (!fields.has("followup_to"))
    return std::optional<message_id>{};
  auto text = fields.take_required("followup_to", max_label_length);
  if (!text)
    return text.error();
  return std::optional{message_id{std::move(*text)}};
}

/// Takes what requests over HTTP and on /ws/control have in common.
result<dispatch_body> take_body(json_fields& fields) {
  dispatch_body out;
  auto text = take_text(fields, "content");
  if (!text)
    return text.error();
  out.content = std::move(*text);
  auto context = fields.take_object("context");
  if (!context)
    return context.error();
  out.context = std::move(*context);
  auto options = take_options(fields);
  if (!options)
    return options.error();
  out.options = *options;
  auto followup_to = take_followup(fields);
  if (!followup_to)
    return followup_to.error();
  out.followup_to = std::move(*followup_to);
  return out;
}

/// The same with the key, which is a header otherwise.
result<dispatch_body> take_http_body(json_fields& fields) {
  auto out = take_body(fields);
  if (!out || !fields.has("idempotency_key"))
    return out;
  auto key = fields.take_required("idempotency_key", max_idempotency_key);
  if (!key)
    return key.error();
  out->idempotency_key = std::move(*key);
  return out;
}

/// Takes an agent id that is valid in HTTP paths as well.
result<agent_id> take_agent(json_fields& fields) {
  auto text = fields.take_required("agent_id", max_label_length);
  if (!text)
    return text.error();
  if (!is_valid_agent_id(*text))
    return failure{errc::invalid_agent_id, {}, "agent_id"};
  return agent_id{std::move(*text)};
}

failure wrong_target(std::string_view field, std::string_view what,
                     std::string_view kind) {
  return {errc::invalid_message, std::string{field} + ": " + std::string{what},
          field, kind};
}

/// Whom a dispatch is for: an agent, or one with certain capabilities.
struct target {
  agent_id agent;
  std::vector<std::string> require;
};

result<target> take_target(json_fields& fields) {
  if (!fields.has("require")) {
    if (!fields.has("agent_id"))
      return wrong_target(
          "agent_id", "expected an agent id, or require instead, got nothing",
          "missing");
    auto agent = take_agent(fields);
    if (!agent)
      return agent.error();
    return target{std::move(*agent), {}};
  }
  auto required =
      fields.take_strings("require", max_required, max_label_length);
  if (!required)
    return required.error();
  if (required->empty())
    return wrong_target("require", "expected at least one capability",
                        "too_short");
  for (const auto& capability : *required)
    if (capability.empty())
      return wrong_target("require", "expected non-empty strings",
                          "string_too_short");
  if (fields.has("agent_id"))
    return wrong_target("require", "expected only one of agent_id and require",
                        "value_error");
  if (fields.has("followup_to"))
    return wrong_target(
        "followup_to",
        "expected agent_id instead of require, because a follow-up "
        "goes to the agent of the earlier dispatch",
        "value_error");
  return target{{}, std::move(*required)};
}

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
  auto key = fields.take_string("idempotency_key", max_idempotency_key);
  if (!key)
    return key.error();
  body->idempotency_key = std::move(*key);
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

result<dispatch_body> decode_dispatch_body(std::string_view text) {
  auto fields = json_fields::parse(text, body_fields);
  if (!fields)
    return fields.error();
  return take_http_body(*fields);
}

std::span<const body_member> dispatch_body_members() noexcept {
  return dispatch_members;
}

result<routed_body> decode_routed_body(std::string_view text) {
  auto fields = json_fields::parse(text, routed_fields);
  if (!fields)
    return fields.error();
  auto body = take_http_body(*fields);
  if (!body)
    return body.error();
  auto to = take_target(*fields);
  if (!to)
    return to.error();
  body->require = std::move(to->require);
  return routed_body{std::move(to->agent), std::move(*body)};
}

std::span<const body_member> routed_body_members() noexcept {
  return routed_members;
}

result<dispatch_body> decode_followup_body(std::string_view text) {
  static constexpr std::array<std::string_view, 2> wanted{"content",
                                                          "followup_to"};
  auto fields = json_fields::parse(text, wanted);
  if (!fields)
    return fields.error();
  dispatch_body out;
  auto content = take_text(*fields, "content");
  if (!content)
    return content.error();
  out.content = std::move(*content);
  auto followup_to = take_followup(*fields);
  if (!followup_to)
    return followup_to.error();
  out.followup_to = std::move(*followup_to);
  return out;
}

result<std::string> decode_backup_body(std::string_view text) {
  static constexpr std::array<std::string_view, 1> wanted{"file"};
  auto fields = json_fields::parse(text, wanted);
  if (!fields)
    return fields.error();
  return take_text(*fields, "file");
}

std::span<const body_member> backup_body_members() noexcept {
  return backup_members;
}

std::span<const body_member> followup_body_members() noexcept {
  return followup_members;
}

result<enlistment> decode_enlistment(std::string_view text) {
  static constexpr std::array<std::string_view, 2> wanted{"name",
                                                          "endpoint_url"};
  auto fields = json_fields::parse(text, wanted);
  if (!fields)
    return fields.error();
  auto name = take_text(*fields, "name", max_label_length);
  if (!name)
    return name.error();
  auto url = take_text(*fields, "endpoint_url", max_url_length);
  if (!url)
    return url.error();
  return enlistment{std::move(*name), std::move(*url)};
}

std::span<const body_member> enlistment_members() noexcept {
  return agent_members;
}

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
