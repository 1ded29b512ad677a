#include "app/adapters/agent_json.hpp"

#include "domain/trimmed.hpp"
#include "protocol/json_document.hpp"
#include "protocol/json_fields.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>

namespace bridgekeeper::app {

namespace {

using nlohmann::json;
using protocol::json_kind;

/// The members of agents' messages that adapters read and that matter when a
/// message is not entirely valid.
constexpr std::array<std::string_view, 18> rescued{
    "type",      "subtype",
    "is_error",  "result",
    "errors",    "session_id",
    "sessionID", "thread_id",
    "num_turns", "total_cost_usd",
    "usage",     "stats",
    "message",   "structured_output",
    "error",     "item",
    "response",  "part",
};

json value_of(const protocol::json_field& x) {
  switch (x.kind) {
  case json_kind::string:
    return x.text;
  case json_kind::number:
    return std::isfinite(x.number) ? json(x.number) : json();
  case json_kind::boolean:
  case json_kind::array:
  case json_kind::object:
    return protocol::parse_json_document(x.text);
  default:
    return {};
  }
}

json rescue(std::string_view text) {
  json out(json::value_t::discarded);
  auto fields = protocol::json_fields::parse(text, rescued);
  if (!fields)
    return out;
  out = json::object();
  for (auto name : rescued) {
    auto value = value_of(fields->find(name));
    if (!value.is_discarded() && !value.is_null())
      out[std::string{name}] = std::move(value);
  }
  return out;
}

} // namespace

json parse_agent_json(std::string_view text) {
  auto out = protocol::parse_json_document(text);
  if (out.is_discarded() && trimmed(text).starts_with('{'))
    return rescue(text);
  return out;
}

const json& member(const json& x, std::string_view name) {
  static const json none;
  if (!x.is_object())
    return none;
  auto i = x.find(name);
  return i != x.end() ? *i : none;
}

std::string text_of(const json& x, std::string_view name) {
  const auto& out = member(x, name);
  return out.is_string() ? out.get<std::string>() : std::string{};
}

std::optional<double> amount_of(const json& x, std::string_view name) {
  const auto& value = member(x, name);
  if (!value.is_number())
    return std::nullopt;
  auto out = value.get<double>();
  return std::isfinite(out) && out >= 0 ? std::optional{out} : std::nullopt;
}

bool is_true(const json& x, std::string_view name) {
  const auto& value = member(x, name);
  return value.is_boolean() && value.get<bool>();
}

json number_json(double amount) {
  constexpr auto max_exact = 9e15;
  if (amount == std::floor(amount) && amount < max_exact)
    return static_cast<std::uint64_t>(amount);
  return amount;
}

std::string json_text(const json& x) {
  return x.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string error_message_of(const json& x) {
  const auto* place = &x;
  for (auto levels = 0; levels < 4; ++levels) {
    if (place->is_string())
      return place->get<std::string>();
    if (auto text = text_of(*place, "message"); !text.empty())
      return text;
    if (const auto& data = member(*place, "data"); data.is_object())
      if (auto text = text_of(data, "message"); !text.empty())
        return text;
    if (auto text = text_of(*place, "detail"); !text.empty())
      return text;
    place = &member(*place, "error");
  }
  return {};
}

} // namespace bridgekeeper::app
