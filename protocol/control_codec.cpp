#include "protocol/control_codec.hpp"

#include "domain/limits.hpp"
#include "protocol/json_fields.hpp"
#include "protocol/json_writer.hpp"

#include <array>

namespace bridgekeeper::protocol {

namespace {

constexpr std::array<std::string_view, 3> body_fields{"content", "context",
                                                      "timeout_s"};

constexpr std::array<std::string_view, 10> request_fields{
    "type",      "id",    "agent_id",   "content",       "context",
    "timeout_s", "quiet", "message_id", "reset_session", "idempotency_key"};

using member_kind = body_member::kind_type;

constexpr std::array dispatch_members{
    body_member{"content", member_kind::text, true},
    body_member{"context", member_kind::object},
    body_member{"timeout_s", member_kind::number},
};

constexpr std::array followup_members{
    body_member{"content", member_kind::text, true},
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

result<std::optional<std::chrono::milliseconds>>
take_timeout(json_fields& fields) {
  auto seconds = fields.take_number("timeout_s");
  if (!seconds)
    return seconds.error();
  if (!*seconds)
    return std::optional<std::chrono::milliseconds>{};
  auto value = std::chrono::duration<double>{**seconds};
  if (value.count() <= 0 || value > max_dispatch_timeout)
    return failure{
        errc::invalid_message,
        "timeout_s: expected more than 0 and at most "
            + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(
                                 max_dispatch_timeout)
                                 .count())
            + " seconds",
        "timeout_s", "greater_than"};
  return std::optional{std::chrono::ceil<std::chrono::milliseconds>(value)};
}

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
  auto timeout = take_timeout(fields);
  if (!timeout)
    return timeout.error();
  out.options.timeout = *timeout;
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

result<control_request> take_dispatch(json_fields& fields, std::string id) {
  auto agent = take_agent(fields);
  if (!agent)
    return agent.error();
  auto body = take_body(fields);
  if (!body)
    return body.error();
  auto quiet = fields.take_flag("quiet");
  if (!quiet)
    return quiet.error();
  auto key = fields.take_string("idempotency_key", max_idempotency_key);
  if (!key)
    return key.error();
  return control_request{control_dispatch{std::move(id), std::move(*agent),
                                          std::move(*body), *quiet,
                                          std::move(*key)}};
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
  return take_body(*fields);
}

std::span<const body_member> dispatch_body_members() noexcept {
  return dispatch_members;
}

result<std::string> decode_followup_body(std::string_view text) {
  static constexpr std::array<std::string_view, 1> wanted{"content"};
  auto fields = json_fields::parse(text, wanted);
  if (!fields)
    return fields.error();
  return take_text(*fields, "content");
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

std::string encode_accepted(std::string_view id, const message_id& message,
                            const agent_id& agent) {
  return json_writer{}
      .string("type", "accepted")
      .string("id", id)
      .string("message_id", message.str())
      .string("agent_id", agent.str())
      .finish();
}

std::string encode_progress(std::string_view id, const progress& x) {
  return json_writer{}
      .string("type", "progress")
      .string("id", id)
      .string("message_id", x.message.str())
      .string("agent_id", x.agent.str())
      .string("status", x.status)
      .string("progress_text", x.text)
      .raw("metadata", x.metadata.str())
      .finish();
}

std::string encode_response(std::string_view id, const response& x,
                            std::chrono::duration<double> took) {
  return json_writer{}
      .string("type", "response")
      .string("id", id)
      .string("message_id", x.message.str())
      .string("agent_id", x.agent.str())
      .string("content", x.content)
      .raw("usage", x.usage.str())
      .nullable("error", x.error)
      .number("duration_s", took.count())
      .finish();
}

std::string encode_error(std::string_view id, const message_id* message,
                         const failure& why,
                         std::optional<std::chrono::seconds> retry_after) {
  const auto& reason = describe(why.code);
  json_writer out;
  out.string("type", "error").string("id", id);
  if (message != nullptr)
    out.string("message_id", message->str());
  else
    out.null("message_id");
  out.string("code", reason.token)
      .string("detail", headline(why))
      .flag("retry_helps", reason.retry_helps);
  if (retry_after)
    out.number("retry_after_s", std::int64_t{retry_after->count()});
  if (auto text = hint(why); !text.empty())
    out.string("hint", text);
  return out.finish();
}

std::string encode_subscribed(std::string_view id) {
  return json_writer{}.string("type", "subscribed").string("id", id).finish();
}

std::string encode_event_head(std::string_view id, std::uint64_t sequence) {
  auto out = json_writer{}
                 .string("type", "event")
                 .string("id", id)
                 .number("sequence", static_cast<std::int64_t>(sequence))
                 .finish();
  // Remove the closing brace, because the event follows.
  out.pop_back();
  out += R"(,"event":)";
  return out;
}

std::string encode_gap(std::string_view id) {
  return json_writer{}.string("type", "gap").string("id", id).finish();
}

std::string encode_record(std::string_view id, std::string_view record) {
  return json_writer{}
      .string("type", "record")
      .string("id", id)
      .raw("record", record)
      .finish();
}

std::string encode_costs(std::string_view id, std::string_view costs) {
  return json_writer{}
      .string("type", "costs")
      .string("id", id)
      .raw("costs", costs)
      .finish();
}

std::string encode_forgotten(std::string_view id, const agent_id& agent) {
  return json_writer{}
      .string("type", "forgotten")
      .string("id", id)
      .string("agent_id", agent.str())
      .finish();
}

std::string encode_task(std::string_view id, std::string_view task) {
  return json_writer{}
      .string("type", "task")
      .string("id", id)
      .raw("task", task)
      .finish();
}

std::string encode_agents(std::string_view id, std::string_view agents,
                          std::size_t total) {
  return json_writer{}
      .string("type", "agents")
      .string("id", id)
      .raw("agents", agents)
      .number("total", static_cast<std::int64_t>(total))
      .finish();
}

} // namespace bridgekeeper::protocol
