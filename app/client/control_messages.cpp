#include "app/client/control_messages.hpp"

#include "protocol/json_fields.hpp"
#include "protocol/json_list.hpp"
#include "protocol/json_writer.hpp"

#include <array>

namespace bridgekeeper::app {

namespace {

using protocol::json_fields;
using protocol::json_kind;

constexpr std::array<std::string_view, 16> answer_fields{
    "type",        "message_id",   "status",   "progress_text",
    "content",     "error",        "code",     "detail",
    "retry_helps", "event",        "agents",   "total",
    "agent_id",    "error_detail", "retry_at", "failure"};

constexpr std::array<std::string_view, 1> retry_field{"retry_after_s"};

/// The members `record` and `task` each belong to one type of answer. Their
/// contents are parsed separately.
constexpr std::array<std::string_view, 1> record_field{"record"};

constexpr std::array<std::string_view, 1> task_field{"task"};

constexpr std::array<std::string_view, 4> task_fields{
    "agent_id", "status", "message_id", "dispatched_at"};

constexpr std::array<std::string_view, 2> event_fields{"event_type",
                                                       "metadata"};

constexpr std::array<std::string_view, 3> progress_fields{
    "message_id", "status", "progress_text"};

constexpr std::array<std::string_view, 15> record_fields{
    "message_id",   "agent_id", "status",       "content",  "error",
    "reason",       "state",    "attempt",      "late",     "history",
    "max_attempts", "failure",  "error_detail", "retry_at", "next_attempt_at"};

/// Answers wrap JSON that was sent by bridges, hence the higher depth limit.
result<json_fields> parse(std::string_view text,
                          std::span<const std::string_view> wanted) {
  return json_fields::parse(text, wanted, max_wrapped_json_depth);
}

/// Members that belong to one type of answer each.
constexpr std::array<std::string_view, 1> costs_field{"costs"};
constexpr std::array<std::string_view, 1> hint_field{"hint"};

/// The text of a string member; empty if the member is not a string.
std::string text_of(const json_fields& fields, std::string_view name) {
  const auto& field = fields.find(name);
  return field.kind == json_kind::string ? field.text : std::string{};
}

std::optional<std::string> nullable_text_of(const json_fields& fields,
                                            std::string_view name) {
  const auto& field = fields.find(name);
  if (field.kind != json_kind::string)
    return std::nullopt;
  return field.text;
}

failure_note note_of(const json_fields& fields) {
  return {text_of(fields, "failure"), text_of(fields, "retry_at"),
          text_of(fields, "error_detail")};
}

/// Parses `frame` for the one member in `wanted`. The member is absent if the
/// frame is not valid JSON.
template <std::size_t N>
protocol::json_field read_again(std::string_view frame,
                                const std::array<std::string_view, N>& wanted) {
  auto fields = json_fields::parse(frame, wanted);
  return fields ? fields->find(wanted.front()) : protocol::json_field{};
}

result<control_answer> decode_task(std::string_view frame) {
  auto outer = parse(frame, task_field);
  if (!outer)
    return outer.error();
  auto fields = parse(outer->find("task").text, task_fields);
  if (!fields)
    return fields.error();
  auto text = [&](std::string_view name) { return text_of(*fields, name); };
  return control_answer{task_answer{text("agent_id"), text("status"),
                                    text("message_id"), text("dispatched_at")}};
}

std::optional<std::chrono::seconds> retry_after_of(std::string_view frame) {
  auto fields = parse(frame, retry_field);
  auto most = std::chrono::seconds{std::chrono::hours{24}}.count();
  if (!fields || fields->find("retry_after_s").kind != json_kind::number)
    return std::nullopt;
  auto number = fields->find("retry_after_s").number;
  if (!(number >= 0 && number <= static_cast<double>(most)))
    return std::nullopt;
  return std::chrono::seconds{static_cast<std::int64_t>(number)};
}

/// Converts a number from the daemon, which is not trusted, to a count. Returns
/// 0 if the number cannot be a count.
std::size_t to_count(double x) {
  return x >= 0 && x < 1e15 ? static_cast<std::size_t>(x) : 0;
}

} // namespace

std::string encode_request(const protocol::control_dispatch& x) {
  protocol::json_writer out;
  out.string("type", "dispatch").string("id", x.id);
  if (x.body.require.empty())
    out.string("agent_id", x.agent.str());
  else
    out.raw("require", protocol::list_of(x.body.require));
  out.string("content", x.body.content)
      .raw("context", x.body.context.str())
      .flag("quiet", x.quiet);
  protocol::add_options(out, x.body.options);
  if (x.body.followup_to)
    out.string("followup_to", x.body.followup_to->str());
  if (!x.body.idempotency_key.empty())
    out.string("idempotency_key", x.body.idempotency_key);
  if (!x.body.trace.empty())
    out.string("traceparent", x.body.trace.parent);
  if (!x.body.trace.state.empty())
    out.string("tracestate", x.body.trace.state);
  return out.finish();
}

std::string encode_request(const protocol::control_subscribe& x) {
  protocol::json_writer out;
  out.string("type", "subscribe").string("id", x.id);
  if (x.agent)
    out.string("agent_id", x.agent->str());
  return out.finish();
}

std::string encode_request(const protocol::control_list& x) {
  return protocol::json_writer{}
      .string("type", "agents")
      .string("id", x.id)
      .finish();
}

std::string encode_request(const protocol::control_inquiry& x) {
  return protocol::json_writer{}
      .string("type", "record")
      .string("id", x.id)
      .string("message_id", x.message.str())
      .finish();
}

std::string encode_request(const protocol::control_costs& x) {
  return protocol::json_writer{}
      .string("type", "costs")
      .string("id", x.id)
      .flag("reset_session", x.reset_session)
      .finish();
}

std::string encode_request(const protocol::control_forget& x) {
  return protocol::json_writer{}
      .string("type", "forget")
      .string("id", x.id)
      .string("agent_id", x.agent.str())
      .finish();
}

std::string encode_request(const protocol::control_task& x) {
  return protocol::json_writer{}
      .string("type", "task")
      .string("id", x.id)
      .string("agent_id", x.agent.str())
      .finish();
}

result<control_answer> decode_answer(std::string_view frame) {
  auto fields = parse(frame, answer_fields);
  if (!fields)
    return fields.error();
  auto text = [&](std::string_view name) { return text_of(*fields, name); };
  auto type = text("type");
  if (type == "accepted")
    return control_answer{
        accepted_answer{text("message_id"), text("agent_id")}};
  if (type == "progress")
    return control_answer{
        progress_answer{text("status"), text("progress_text")}};
  if (type == "response")
    return control_answer{response_answer{text("message_id"), text("content"),
                                          nullable_text_of(*fields, "error"),
                                          note_of(*fields)}};
  if (type == "error")
    return control_answer{error_answer{
        text("code"), text("detail"),
        fields->find("retry_helps").text == "true", retry_after_of(frame),
        read_again(frame, hint_field).text, text("message_id")}};
  if (type == "subscribed")
    return control_answer{subscribed_answer{}};
  if (type == "event" && fields->find("event").kind == json_kind::object)
    return control_answer{event_answer{fields->find("event").text}};
  if (type == "agents" && fields->find("agents").kind == json_kind::array)
    return control_answer{agents_answer{
        fields->find("agents").text, to_count(fields->find("total").number)}};
  if (type == "record") {
    auto outer = parse(frame, record_field);
    if (!outer)
      return outer.error();
    auto record = decode_record(outer->find("record").text);
    if (!record)
      return record.error();
    return control_answer{std::move(*record)};
  }
  if (type == "costs")
    return control_answer{costs_answer{read_again(frame, costs_field).text}};
  if (type == "forgotten")
    return control_answer{forgotten_answer{text("agent_id")}};
  if (type == "task")
    return decode_task(frame);
  return failure{errc::invalid_message,
                 "the daemon sent a frame of unknown type \""
                     + type.substr(0, 32) + "\""};
}

result<record_answer> decode_record(std::string_view record) {
  auto fields = parse(record, record_fields);
  if (!fields)
    return fields.error();
  auto text = [&](std::string_view name) { return text_of(*fields, name); };
  auto count = [&](std::string_view name) {
    return to_count(fields->find(name).number);
  };
  auto list = [&](std::string_view name) {
    const auto& field = fields->find(name);
    return field.kind == json_kind::array ? field.text : std::string{};
  };
  return record_answer{text("message_id"),
                       text("agent_id"),
                       text("status"),
                       text("content"),
                       nullable_text_of(*fields, "error"),
                       text("reason"),
                       std::string{record},
                       text("state"),
                       count("attempt"),
                       count("max_attempts"),
                       list("late"),
                       list("history"),
                       note_of(*fields),
                       text("next_attempt_at")};
}

std::optional<progress_answer> find_progress(const event_answer& x,
                                             std::string_view message_id) {
  auto event = parse(x.json, event_fields);
  if (!event || text_of(*event, "event_type") != "agent_progress")
    return std::nullopt;
  auto metadata = parse(event->find("metadata").text, progress_fields);
  if (!metadata || text_of(*metadata, "message_id") != message_id)
    return std::nullopt;
  return progress_answer{text_of(*metadata, "status"),
                         text_of(*metadata, "progress_text")};
}

} // namespace bridgekeeper::app
