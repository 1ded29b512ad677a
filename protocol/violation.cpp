#include "protocol/violation.hpp"

#include "domain/limits.hpp"
#include "protocol/json_list.hpp"
#include "protocol/json_writer.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace bridgekeeper::protocol {

namespace {

using nlohmann::json;

std::string dump(const json& x) {
  return x.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Parses a body as far as it should be quoted. Anything nested deeper than the
/// limit is left out, because serializing it again takes stack for every level.
json parse_shallow(std::string_view body) {
  auto is_shallow = [](int depth, json::parse_event_t, const json&) {
    return depth <= static_cast<int>(max_json_depth);
  };
  return json::parse(body, is_shallow, false);
}

/// Calls `visit` with each name of a path such as `retry.on`.
template <class Visit>
void for_each_name(std::string_view path, Visit visit) {
  while (!path.empty()) {
    auto end = std::min(path.find('.'), path.size());
    visit(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
}

std::string location(std::string_view part, std::string_view path) {
  json_list out;
  out.string(part);
  for_each_name(path, [&out](std::string_view name) { out.string(name); });
  return out.finish();
}

/// The value at `path`; null if there is none.
json value_at(const json& body, std::string_view path) {
  if (path.empty())
    return nullptr;
  const auto* found = &body;
  for_each_name(path, [&found](std::string_view name) {
    if (found == nullptr || !found->is_object() || !found->contains(name))
      found = nullptr;
    else
      found = &found->at(std::string{name});
  });
  return found != nullptr ? *found : json{};
}

bool fits(const json& value, body_member::kind_type kind) {
  switch (kind) {
  case body_member::kind_type::text:
    return value.is_string();
  case body_member::kind_type::object:
    return value.is_object();
  case body_member::kind_type::number:
    return value.is_number();
  case body_member::kind_type::list:
    return value.is_array();
  }
  return false;
}

violation wrong_kind(const body_member& member, const json& value) {
  auto say = [&](std::string_view type, std::string_view message) {
    return violation{std::string{type}, location("body", member.name),
                     std::string{message}, dump(value)};
  };
  switch (member.kind) {
  case body_member::kind_type::text:
    return say("string_type", "Input should be a valid string");
  case body_member::kind_type::object:
    return say("dict_type", "Input should be a valid dictionary");
  case body_member::kind_type::list:
    return say("list_type", "Input should be a valid list");
  case body_member::kind_type::number:
    break;
  }
  return say("float_type", "Input should be a valid number");
}

/// The fallback for bodies that no rule about members explains.
violation unexplained(const failure& why, const json& body) {
  return {why.kind.empty() ? "value_error" : std::string{why.kind},
          location("body", why.field), to_string(why),
          dump(value_at(body, why.field))};
}

} // namespace

std::vector<violation> body_violations(std::string_view body,
                                       std::span<const body_member> members,
                                       const failure& why) {
  if (body.empty())
    return {{"missing", location("body", {}), "Field required", "null"}};
  if (why.code == errc::invalid_json)
    return {{"json_invalid", location("body", {}),
             "JSON decode error: " + to_string(why), "{}"}};
  auto parsed = parse_shallow(body);
  if (parsed.is_discarded())
    return {unexplained(why, nullptr)};
  if (parsed.is_null())
    return body_violations({}, members, why);
  if (!parsed.is_object())
    return {{"model_attributes_type", location("body", {}),
             "Input should be a valid dictionary or object to extract fields "
             "from",
             dump(parsed)}};
  std::vector<violation> out;
  for (const auto& member : members) {
    auto found = parsed.find(std::string{member.name});
    if (found != parsed.end()) {
      if (!fits(*found, member.kind))
        out.push_back(wrong_kind(member, *found));
    } else if (member.required) {
      out.push_back({"missing", location("body", member.name), "Field required",
                     dump(parsed)});
    }
  }
  if (out.empty())
    out.push_back(unexplained(why, parsed));
  return out;
}

violation body_violation(std::string_view name, std::string_view text,
                         std::string_view message) {
  violation out{
      "value_error", location("body", name), std::string{message}, {}};
  append_json_string(out.input, text);
  return out;
}

violation query_violation(std::string_view name, std::string_view text,
                          std::string_view type, std::string_view message) {
  violation out{
      std::string{type}, location("query", name), std::string{message}, {}};
  append_json_string(out.input, text);
  return out;
}

std::string to_json(std::span<const violation> list) {
  json_list out;
  for (const auto& x : list)
    out.raw(json_writer{}
                .string("type", x.type)
                .raw("loc", x.location)
                .string("msg", x.message)
                .raw("input", x.input)
                .finish());
  return out.finish();
}

} // namespace bridgekeeper::protocol
