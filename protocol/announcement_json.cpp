#include "protocol/announcement_json.hpp"

#include "domain/limits.hpp"
#include "protocol/json_fields.hpp"
#include "protocol/json_list.hpp"
#include "protocol/json_writer.hpp"

#include <array>
#include <limits>
#include <memory>
#include <utility>

namespace bridgekeeper::protocol {

namespace {

constexpr std::array<std::string_view, 6> names{
    "session_id", "ip", "capabilities", "workdir", "metadata", "connected_at"};

/// The limits applied when the bridge announced it.
constexpr auto any_length = std::numeric_limits<std::size_t>::max();

} // namespace

std::string encode_announcement(const announcement& x) {
  return json_writer{}
      .string("session_id", x.session->str())
      .string("ip", x.ip)
      .raw("capabilities", list_of(x.capabilities))
      .nullable("workdir", x.workdir)
      .raw("metadata", x.metadata.str())
      .string("connected_at", to_iso8601(x.connected_at))
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
  if (!session || !ip || !capabilities || !workdir || !metadata
      || !connected_at)
    return nullptr;
  announcement out;
  out.agent = id;
  out.session = share(session_id{std::move(*session)});
  out.ip = std::move(*ip);
  out.capabilities = std::move(*capabilities);
  out.workdir = std::move(*workdir);
  out.metadata = std::move(*metadata);
  out.connected_at = parse_iso8601(*connected_at).value_or(timestamp{});
  out.vitals = std::make_shared<agent_vitals>();
  return std::make_shared<const announcement>(std::move(out));
}

} // namespace bridgekeeper::protocol
