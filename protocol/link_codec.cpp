#include "protocol/link_codec.hpp"

#include "domain/limits.hpp"
#include "protocol/codec.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/terms_codec.hpp"

#include <array>
#include <chrono>
#include <cmath>

namespace bridgekeeper::protocol {

namespace {

using std::chrono::milliseconds;

constexpr std::array<std::string_view, 6> link_fields{
    "agent_id", "message_id", "reason", "resume", "more", "reconnect_after_ms",
};

constexpr auto max_reconnect_delay = milliseconds{std::chrono::hours{1}};

result<bridge_message> decode_accept(field_reader in) {
  accept_notice x;
  x.message = message_id{in.required("message_id", max_label_length)};
  x.agent = agent_id{in.required("agent_id", max_label_length)};
  return in.finish(std::move(x));
}

result<bridge_message> decode_ack(field_reader in) {
  response_ack x;
  x.message = message_id{in.required("message_id", max_label_length)};
  return in.finish(std::move(x));
}

result<bridge_message> decode_drain(field_reader in) {
  drain_notice x;
  x.agent = agent_id{in.required("agent_id", max_label_length)};
  return in.finish(std::move(x));
}

result<bridge_message> decode_cancel(field_reader in) {
  cancel_request x;
  x.message = message_id{in.required("message_id", max_label_length)};
  x.reason = in.string("reason", max_label_length);
  return in.finish(std::move(x));
}

result<bridge_message> decode_goaway(field_reader in) {
  goaway_notice x;
  x.reason = in.string("reason", max_label_length);
  auto delay = in.number("reconnect_after_ms").value_or(0);
  if (delay < 0 || delay > static_cast<double>(max_reconnect_delay.count()))
    in.refuse("reconnect_after_ms",
              "0 to " + std::to_string(max_reconnect_delay.count())
                  + " milliseconds");
  else
    x.reconnect_after = milliseconds{std::llround(delay)};
  return in.finish(std::move(x));
}

result<bridge_message> decode_resume(field_reader in) {
  resume_list x;
  x.agent = agent_id{in.required("agent_id", max_label_length)};
  x.entries = take_resume(in);
  x.more = in.flag("more");
  return in.finish(std::move(x));
}

/// Reads a frame whose members differ from those of most messages.
result<bridge_message>
decode_with_link_fields(std::string_view frame,
                        result<bridge_message> (*read)(field_reader)) {
  auto fields = json_fields::parse(frame, link_fields);
  if (!fields)
    return fields.error();
  return read(field_reader{*fields});
}

} // namespace

std::optional<result<bridge_message>>
decode_link_message(std::string_view type, json_fields& fields,
                    std::string_view frame) {
  if (type == accept_notice::type)
    return decode_accept(field_reader{fields});
  if (type == response_ack::type)
    return decode_ack(field_reader{fields});
  if (type == drain_notice::type)
    return decode_drain(field_reader{fields});
  if (type == cancel_request::type)
    return decode_with_link_fields(frame, decode_cancel);
  if (type == goaway_notice::type)
    return decode_with_link_fields(frame, decode_goaway);
  if (type == resume_list::type)
    return decode_with_link_fields(frame, decode_resume);
  return std::nullopt;
}

std::string encode(const resume_list& x) {
  return json_writer{}
      .string("type", x.type)
      .string("agent_id", x.agent.str())
      .raw("resume", encode_resume(x.entries))
      .flag("more", x.more)
      .finish();
}

std::string encode(const accept_notice& x) {
  return json_writer{}
      .string("type", x.type)
      .string("message_id", x.message.str())
      .string("agent_id", x.agent.str())
      .finish();
}

std::string encode(const cancel_request& x) {
  return json_writer{}
      .string("type", x.type)
      .string("message_id", x.message.str())
      .string("reason", x.reason)
      .finish();
}

std::string encode(const response_ack& x) {
  return json_writer{}
      .string("type", x.type)
      .string("message_id", x.message.str())
      .finish();
}

std::string encode(const goaway_notice& x) {
  return json_writer{}
      .string("type", x.type)
      .string("reason", x.reason)
      .number("reconnect_after_ms", std::int64_t{x.reconnect_after.count()})
      .finish();
}

std::string encode(const drain_notice& x) {
  return json_writer{}
      .string("type", x.type)
      .string("agent_id", x.agent.str())
      .finish();
}

} // namespace bridgekeeper::protocol
