#include "protocol/announcement_json.hpp"

#include "domain/limits.hpp"
#include "protocol/json_document.hpp"
#include "protocol/json_fields.hpp"
#include "protocol/json_list.hpp"
#include "protocol/json_writer.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <limits>
#include <memory>
#include <utility>

namespace bridgekeeper::protocol {

namespace {

constexpr std::array<std::string_view, 8> names{
    "session_id", "ip",           "capabilities", "workdir",
    "metadata",   "connected_at", "slots",        "labels"};

/// The limits applied when the bridge announced it.
constexpr auto any_length = std::numeric_limits<std::size_t>::max();

/// The labels of an object that `encode_labels` has written.
agent_labels decode_labels(const json_object& x) {
  agent_labels out;
  auto tree = parse_json_document(x.str());
  for (const auto& [key, value] : tree.items())
    if (value.is_string())
      out.emplace(key, value.get<std::string>());
  return out;
}

} // namespace

std::string encode_labels(const agent_labels& x) {
  json_writer out;
  for (const auto& [key, value] : x)
    out.string(key, value);
  return out.finish();
}

std::string encode_announcement(const announcement& x) {
  return json_writer{}
      .string("session_id", x.session->str())
      .string("ip", x.ip)
      .raw("capabilities", list_of(x.capabilities))
      .nullable("workdir", x.workdir)
      .raw("metadata", x.metadata.str())
      .string("connected_at", to_iso8601(x.connected_at))
      .number("slots", static_cast<std::int64_t>(x.slots))
      .raw("labels", encode_labels(x.labels))
      .finish();
}

announcement_ptr decode_announcement(const agent_id& id,
                                     std::string_view text) {
  auto fields = json_fields::parse(text, names);
  if (!fields)
    return nullptr;
  auto session = fields->take_string("session_id", any_length);
  auto ip = fields->take_string("ip", any_length);
  auto capabilities =
      fields->take_strings("capabilities", any_length, any_length);
  auto workdir = fields->take_nullable("workdir", any_length);
  auto metadata = fields->take_object("metadata");
  auto connected_at = fields->take_string("connected_at", any_length);
  auto slots = fields->take_number("slots");
  auto labels = fields->take_object("labels");
  if (!session || !ip || !capabilities || !workdir || !metadata || !connected_at
      || !slots || !labels)
    return nullptr;
  announcement out;
  out.agent = id;
  out.session = share(session_id{std::move(*session)});
  out.ip = std::move(*ip);
  out.capabilities = std::move(*capabilities);
  out.workdir = std::move(*workdir);
  out.metadata = std::move(*metadata);
  out.connected_at = parse_iso8601(*connected_at).value_or(timestamp{});
  out.slots = static_cast<std::size_t>(slots->value_or(1));
  out.labels = decode_labels(*labels);
  out.vitals = std::make_shared<agent_vitals>();
  return std::make_shared<const announcement>(std::move(out));
}

} // namespace bridgekeeper::protocol
