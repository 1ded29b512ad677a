#include "protocol/codec.hpp"

#include "domain/limits.hpp"
#include "domain/timestamp.hpp"
#include "protocol/field_reader.hpp"
#include "protocol/json_document.hpp"
#include "protocol/json_fields.hpp"
#include "protocol/json_list.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/link_codec.hpp"
#include "protocol/response_details.hpp"
#include "protocol/terms_codec.hpp"

#include <array>
#include <limits>

namespace bridgekeeper::protocol {

namespace {

// What most messages consist of. `register`, `registered` and `dispatch` are
// read a second time with their own fields: the first two occur once per
// connection, and the daemon never receives the third.
constexpr std::array<std::string_view, 14> wire_fields{
    "type",    "agent_id", "message_id",    "content",          "usage",
    "error",   "status",   "progress_text", "metadata",         "timestamp",
    "failure", "retry_at", "error_detail",  "agent_session_id",
};

result<bridge_message> decode_registration(std::string_view frame) {
  auto fields = json_fields::parse(frame, registration_fields);
  if (!fields)
    return fields.error();
  field_reader in{*fields};
  registration x;
  x.agent = agent_id{in.required("agent_id", max_label_length)};
  x.auth_token = in.required("auth_token", max_token_length);
  x.capabilities = in.strings("capabilities");
  x.workdir = in.nullable("workdir", max_workdir_length);
  x.metadata = in.object("metadata");
  x.terms = take_registration_terms(*fields, in);
  return in.finish(std::move(x));
}

response take_response(field_reader& in) {
  response x;
  x.message = message_id{in.required("message_id", max_label_length)};
  x.agent = agent_id{in.required("agent_id", max_label_length)};
  x.content = in.string("content", frame_bound);
  x.usage = in.object("usage");
  x.error = in.nullable("error", frame_bound);
  return x;
}

result<bridge_message> decode_response(json_fields& fields) {
  field_reader in{fields};
  auto x = take_response(in);
  x.details = take_details(fields, x.error && !x.error->empty());
  return in.finish(std::move(x));
}

result<bridge_message> decode_progress(field_reader in) {
  progress x;
  x.message = message_id{in.required("message_id", max_label_length)};
  x.agent = agent_id{in.required("agent_id", max_label_length)};
  x.status = in.required("status", max_label_length);
  x.text = in.string("progress_text", frame_bound);
  x.metadata = in.object("metadata");
  return in.finish(std::move(x));
}

result<bridge_message> decode_heartbeat(field_reader in) {
  heartbeat x;
  x.agent = agent_id{in.required("agent_id", max_label_length)};
  x.timestamp = in.string("timestamp", max_label_length);
  if (x.timestamp.empty())
    x.timestamp = to_iso8601(wall_clock_now());
  return in.finish(std::move(x));
}

result<bridge_message> decode_dispatch(std::string_view frame) {
  auto fields = json_fields::parse(frame, dispatch_fields);
  if (!fields)
    return fields.error();
  field_reader in{*fields};
  dispatch x;
  x.message = message_id{in.required("message_id", max_label_length)};
  x.agent = agent_id{in.required("agent_id", max_label_length)};
  x.content = in.required("content", frame_bound);
  x.context = in.object("context");
  if (auto named = in.nullable("session_id", max_label_length))
    x.session = share(session_id{std::move(*named)});
  x.terms = take_dispatch_terms(*fields);
  return in.finish(std::move(x));
}

result<bridge_message> decode_registered(std::string_view frame) {
  auto fields = json_fields::parse(frame, registered_fields);
  if (!fields)
    return fields.error();
  field_reader in{*fields};
  registered x;
  x.session = session_id{in.required("session_id", max_label_length)};
  x.agent = agent_id{in.required("agent_id", max_label_length)};
  if (fields->has("message"))
    x.message = in.string("message", frame_bound);
  x.terms = take_registered_terms(*fields, in);
  return in.finish(std::move(x));
}

failure unknown_type(const json_field& type) {
  std::string got;
  if (type.kind == json_kind::string)
    // Escape it because the text goes into logs, and truncate it so that a
    // close frame does not end within a character.
    append_json_string(got, std::string_view{type.text}.substr(0, 32));
  else
    got = type.kind == json_kind::absent ? "nothing" : "no string";
  return {errc::invalid_message,
          "Invalid message format: type: expected the name of a message, got "
              + got,
          "type",
          type.kind == json_kind::string ? unknown_type_kind
                                         : std::string_view{}};
}

} // namespace

result<bridge_message> decode(std::string_view frame) {
  auto fields = json_fields::parse(frame, wire_fields);
  if (!fields)
    return fields.error();
  const auto& type = fields->find("type");
  if (type.kind == json_kind::string) {
    field_reader in{*fields};
    if (type.text == heartbeat::type)
      return decode_heartbeat(in);
    if (type.text == progress::type)
      return decode_progress(in);
    if (type.text == response::type)
      return decode_response(*fields);
    if (type.text == dispatch::type)
      return decode_dispatch(frame);
    if (type.text == registered::type)
      return decode_registered(frame);
    if (type.text == registration::type)
      return decode_registration(frame);
    if (auto message = decode_link_message(type.text, *fields, frame))
      return std::move(*message);
  }
  return unknown_type(type);
}

std::optional<response> decode_core_response(std::string_view frame) {
  static constexpr std::array<std::string_view, 6> wanted{
      "type", "message_id", "agent_id", "content", "usage", "error"};
  auto fields = json_fields::parse(frame, wanted,
                                   std::numeric_limits<std::size_t>::max());
  if (!fields || fields->find("type").kind != json_kind::string
      || fields->find("type").text != response::type)
    return std::nullopt;
  // Everything that is kept must be nested as little as in a whole frame.
  if (!nests_within(fields->find("usage").text, max_json_depth - 1))
    return std::nullopt;
  field_reader in{*fields};
  auto x = take_response(in);
  if (!in.finish(response{}))
    return std::nullopt;
  return x;
}

std::string encode(const registration& x) {
  json_writer out;
  out.string("type", x.type)
      .string("agent_id", x.agent.str())
      .string("auth_token", x.auth_token)
      .raw("capabilities", list_of(x.capabilities))
      .nullable("workdir", x.workdir)
      .raw("metadata", x.metadata.str());
  if (x.terms)
    add_terms(out, *x.terms);
  return out.finish();
}

std::string encode(const registered& x) {
  json_writer out;
  out.string("type", x.type)
      .string("session_id", x.session.str())
      .string("agent_id", x.agent.str())
      .string("message", x.message);
  if (x.terms)
    add_terms(out, *x.terms);
  return out.finish();
}

std::string encode(const dispatch& x) {
  json_writer out;
  out.string("type", x.type)
      .string("message_id", x.message.str())
      .string("agent_id", x.agent.str())
      .string("content", x.content)
      .raw("context", x.context.str());
  if (x.session)
    out.string("session_id", x.session->str());
  else
    out.null("session_id");
  if (x.terms)
    add_terms(out, *x.terms);
  return out.finish();
}

std::string encode(const progress& x) {
  return json_writer{}
      .string("type", x.type)
      .string("message_id", x.message.str())
      .string("agent_id", x.agent.str())
      .string("status", x.status)
      .string("progress_text", x.text)
      .raw("metadata", x.metadata.str())
      .finish();
}

std::string encode(const response& x) {
  json_writer out;
  out.string("type", x.type)
      .string("message_id", x.message.str())
      .string("agent_id", x.agent.str())
      .string("content", x.content)
      .raw("usage", x.usage.str())
      .nullable("error", x.error);
  add_details(out, x.details);
  return out.finish();
}

std::string encode(const heartbeat& x) {
  return json_writer{}
      .string("type", x.type)
      .string("agent_id", x.agent.str())
      .string("timestamp", x.timestamp)
      .finish();
}

std::string encode(const bridge_message& x) {
  return std::visit([](const auto& alternative) { return encode(alternative); },
                    x);
}

std::string string_member(const json_object& object, std::string_view name) {
  std::array<std::string_view, 1> wanted{name};
  auto fields = json_fields::parse(object.str(), wanted);
  if (!fields || fields->find(name).kind != json_kind::string)
    return {};
  return fields->find(name).text;
}

} // namespace bridgekeeper::protocol
