#include "app/client/control_messages.hpp"

#include "protocol/json_fields.hpp"
#include "protocol/json_writer.hpp"

#include <array>

namespace bridgekeeper::app {

namespace {

using protocol::json_fields;
using protocol::json_kind;

constexpr std::array<std::string_view, 12> answer_fields{
    "type", "message_id", "status",      "progress_text", "content", "error",
    "code", "detail",     "retry_helps", "event",         "agents",  "total"};

/// The characters of a string member; empty where it is none.
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

} // namespace

std::string encode_request(const protocol::control_dispatch& x) {
  protocol::json_writer out;
  out.string("type", "dispatch")
      .string("id", x.id)
      .string("agent_id", x.agent.str())
      .string("content", x.body.content)
      .raw("context", x.body.context.str())
      .flag("quiet", x.quiet);
  if (x.body.timeout)
    out.number("timeout_s",
               std::chrono::duration<double>{*x.body.timeout}.count());
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

protocol::result<control_answer> decode_answer(std::string_view frame) {
  auto fields = json_fields::parse(frame, answer_fields);
  if (!fields)
    return fields.error();
  auto text = [&](std::string_view name) { return text_of(*fields, name); };
  auto type = text("type");
  if (type == "accepted")
    return control_answer{accepted_answer{text("message_id")}};
  if (type == "progress")
    return control_answer{
        progress_answer{text("status"), text("progress_text")}};
  if (type == "response")
    return control_answer{response_answer{text("message_id"), text("content"),
                                          nullable_text_of(*fields, "error")}};
  if (type == "error")
    return control_answer{
        error_answer{text("code"), text("detail"),
                     fields->find("retry_helps").text == "true"}};
  if (type == "subscribed")
    return control_answer{subscribed_answer{}};
  if (type == "event" && fields->find("event").kind == json_kind::object)
    return control_answer{event_answer{fields->find("event").text}};
  if (type == "agents" && fields->find("agents").kind == json_kind::array)
    return control_answer{
        agents_answer{fields->find("agents").text, fields->find("total").text}};
  return protocol::failure{protocol::errc::invalid_message,
                           "the daemon sent a frame of unknown type \""
                               + type.substr(0, 32) + "\""};
}

} // namespace bridgekeeper::app
