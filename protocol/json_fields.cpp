#include "protocol/json_fields.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cassert>
#include <cmath>

namespace bridgekeeper::protocol {

using nlohmann::json;

namespace {

std::string_view article_and_name(json_kind kind) {
  switch (kind) {
  case json_kind::absent:
    return "nothing";
  case json_kind::null:
    return "null";
  case json_kind::boolean:
    return "a boolean";
  case json_kind::number:
    return "a number";
  case json_kind::string:
    return "a string";
  case json_kind::array:
    return "an array";
  case json_kind::object:
    return "an object";
  }
  return "something else";
}

failure wrong_type(std::string_view name, std::string_view expected,
                   json_kind got, std::string_view kind) {
  auto missing = got == json_kind::absent;
  return {errc::invalid_message,
          std::string{name} + ": expected " + std::string{expected} + ", got "
              + std::string{article_and_name(got)},
          name, missing ? std::string_view{"missing"} : kind};
}

failure too_long(std::string_view name, std::size_t limit,
                 std::string_view unit) {
  return {errc::invalid_message,
          std::string{name} + ": expected at most " + std::to_string(limit)
              + " " + std::string{unit},
          name, "too_long"};
}

} // namespace

json_field* json_fields::slot(std::string_view name) noexcept {
  // Compare the length and the first character first: most names differ there,
  // which saves a function call.
  auto is_it = [name](std::string_view x) {
    return x.size() == name.size()
           && (x.empty() || (x.front() == name.front() && x == name));
  };
  auto pos = std::find_if(names_.begin(), names_.end(), is_it);
  if (pos == names_.end())
    return nullptr;
  return &fields_[static_cast<std::size_t>(pos - names_.begin())];
}

const json_field& json_fields::find(std::string_view name) const noexcept {
  return const_cast<json_fields*>(this)->get(name);
}

json_field& json_fields::get(std::string_view name) noexcept {
  auto field = slot(name);
  assert(field != nullptr && "only members that were wanted can be asked for");
  return *field;
}

result<std::string> json_fields::take_required(std::string_view name,
                                               std::size_t limit) {
  auto& field = get(name);
  if (field.kind != json_kind::string)
    return wrong_type(name, "a non-empty string", field.kind, "string_type");
  if (field.text.empty())
    return failure{errc::invalid_message,
                   std::string{name} + ": expected a non-empty string", name,
                   "string_too_short"};
  if (field.text.size() > limit)
    return too_long(name, limit, "bytes");
  return std::move(field.text);
}

result<std::string> json_fields::take_string(std::string_view name,
                                             std::size_t limit) {
  auto& field = get(name);
  if (field.kind == json_kind::absent)
    return std::string{};
  if (field.kind != json_kind::string)
    return wrong_type(name, "a string", field.kind, "string_type");
  if (field.text.size() > limit)
    return too_long(name, limit, "bytes");
  return std::move(field.text);
}

result<std::optional<std::string>>
json_fields::take_nullable(std::string_view name, std::size_t limit) {
  auto& field = get(name);
  if (field.kind == json_kind::absent || field.kind == json_kind::null)
    return std::optional<std::string>{};
  if (field.kind != json_kind::string)
    return wrong_type(name, "a string or null", field.kind, "string_type");
  if (field.text.size() > limit)
    return too_long(name, limit, "bytes");
  return std::optional<std::string>{std::move(field.text)};
}

result<json_object> json_fields::take_object(std::string_view name) {
  auto& field = get(name);
  if (field.kind == json_kind::absent)
    return json_object{};
  if (field.kind != json_kind::object)
    return wrong_type(name, "an object", field.kind, "dict_type");
  if (field.text.size() > max_object_length)
    return too_long(name, max_object_length, "bytes of JSON");
  return json_object{std::move(field.text)};
}

result<std::vector<std::string>>
json_fields::take_strings(std::string_view name, std::size_t max_items,
                          std::size_t limit) {
  auto& field = get(name);
  std::vector<std::string> out;
  if (field.kind == json_kind::absent)
    return out;
  if (field.kind != json_kind::array)
    return wrong_type(name, "a list of strings", field.kind, "list_type");
  // Check the size before building a tree. A character takes at most six bytes,
  // as in \u0001.
  if (field.text.size() > max_items * (6 * limit + 3) + 2)
    return too_long(name, max_items,
                    "items of " + std::to_string(limit) + " bytes");
  // The parser has just produced this text, so it is valid and not nested
  // deeply.
  auto items = json::parse(field.text);
  if (items.size() > max_items)
    return too_long(name, max_items, "items");
  out.reserve(items.size());
  for (auto& item : items) {
    if (!item.is_string())
      return failure{errc::invalid_message,
                     std::string{name} + ": expected a list of strings", name,
                     "string_type"};
    out.push_back(std::move(item.get_ref<std::string&>()));
    if (out.back().size() > limit)
      return too_long(name, limit, "bytes per item");
  }
  return out;
}

result<std::optional<double>> json_fields::take_number(std::string_view name) {
  auto& field = get(name);
  if (field.kind == json_kind::absent)
    return std::optional<double>{};
  if (field.kind != json_kind::number || !std::isfinite(field.number))
    return wrong_type(name, "a number", field.kind, "float_type");
  return std::optional<double>{field.number};
}

result<bool> json_fields::take_flag(std::string_view name) {
  auto& field = get(name);
  if (field.kind == json_kind::absent)
    return false;
  if (field.kind != json_kind::boolean)
    return wrong_type(name, "true or false", field.kind, "bool_type");
  return field.text == "true";
}

} // namespace bridgekeeper::protocol
