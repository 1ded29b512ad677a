#include "app/client/event_line.hpp"

#include "app/text/utf8_text.hpp"
#include "domain/utf8.hpp"
#include "protocol/json_document.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace bridgekeeper::app {

namespace {

using nlohmann::json;
using protocol::text_member;

/// A result may be long. The line only shows that it has arrived.
constexpr std::size_t max_text = 200;

/// The first line of `text`, shortened.
std::string summary(std::string_view text) {
  auto line = text.substr(0, text.find('\n'));
  auto shown = cut_utf8(line, max_text);
  auto out = printable(shown);
  std::replace(out.begin(), out.end(), '\t', ' ');
  return shown.size() < text.size() ? out + " \xE2\x80\xA6" : out;
}

/// The part of the metadata that is worth showing for this type of event.
std::string detail_of(std::string_view type, const json& metadata) {
  if (type == "agent_progress") {
    auto text = text_member(metadata, "progress_text");
    return text.empty() ? text_member(metadata, "status") : text;
  }
  if (type == "agent_response" || type == "late_result")
    return text_member(metadata, "content");
  if (type == "agent_error" || type == "task_retrying")
    return text_member(metadata, "error");
  if (type == "agent_disconnected")
    return text_member(metadata, "reason");
  return {};
}

/// A gap has no metadata: it tells how many events were left out.
std::string detail_of(std::string_view type, const json& metadata,
                      const json& event) {
  return type == "gap" ? text_member(event, "message")
                       : detail_of(type, metadata);
}

} // namespace

std::string event_line(std::string_view event) {
  auto doc = protocol::parse_json_document(event, max_wrapped_json_depth);
  auto metadata = doc.is_object() ? doc.value("metadata", json{}) : json{};
  auto type = text_member(doc, "event_type");
  // 2026-01-31T12:00:00.000001+00:00
  auto at = text_member(doc, "timestamp");
  auto out = at.size() > 23 ? at.substr(11, 12) : at;
  auto agent = text_member(metadata, "agent_id");
  auto message = text_member(metadata, "message_id");
  out += "  " + (agent.empty() ? "-" : agent) + "  " + type;
  if (!message.empty())
    out += "  " + message;
  if (auto detail = detail_of(type, metadata, doc); !detail.empty())
    out += "  " + summary(detail);
  return printable(out);
}

} // namespace bridgekeeper::app
