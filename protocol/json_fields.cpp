#include "protocol/json_fields.hpp"

#include "protocol/json_writer.hpp"
#include "protocol/lenient_json.hpp"
#include "protocol/limits.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>

namespace bridgekeeper::protocol {

using nlohmann::json;

/// Receives the parser's events and keeps the wanted members. Nested values
/// are written out again as text while they are read.
class field_collector : public json::json_sax_t {
public:
  explicit field_collector(json_fields& out) : out_(out) {}

  std::string problem;

  // -- scalars ----------------------------------------------------------------

  bool null() override {
    return scalar(json_kind::null, "null");
  }

  bool boolean(bool x) override {
    return scalar(json_kind::boolean, x ? "true" : "false");
  }

  bool number_integer(json::number_integer_t x) override {
    return scalar(json_kind::number, std::to_string(x));
  }

  bool number_unsigned(json::number_unsigned_t x) override {
    return scalar(json_kind::number, std::to_string(x));
  }

  bool number_float(json::number_float_t, const std::string& text) override {
    return scalar(json_kind::number, text);
  }

  bool string(std::string& x) override {
    if (depth_ == 0)
      return not_an_object();
    if (depth_ == 1) {
      if (current_ != nullptr)
        *current_ = {json_kind::string, std::move(x)};
      return true;
    }
    if (current_ != nullptr) {
      separate();
      append_json_string(current_->text, x);
    }
    return true;
  }

  bool binary(json::binary_t&) override {
    return false;
  }

  // -- containers -------------------------------------------------------------

  bool start_object(std::size_t) override {
    return open('{', json_kind::object);
  }

  bool start_array(std::size_t) override {
    return depth_ == 0 ? not_an_object() : open('[', json_kind::array);
  }

  bool end_object() override {
    return close('}');
  }

  bool end_array() override {
    return close(']');
  }

  bool key(std::string& name) override {
    if (depth_ == 1) {
      current_ = nullptr;
      auto pos = std::find(out_.names_.begin(), out_.names_.end(), name);
      if (pos != out_.names_.end()) {
        current_ =
            &out_.fields_[static_cast<std::size_t>(pos - out_.names_.begin())];
        *current_ = {};
      }
    } else if (current_ != nullptr) {
      separate();
      append_json_string(current_->text, name);
      current_->text += ':';
      separate_ = false;
    }
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    problem = "Invalid JSON: syntax error at byte " + std::to_string(position);
    return false;
  }

private:
  bool scalar(json_kind kind, std::string_view text) {
    if (depth_ == 0)
      return not_an_object();
    if (current_ == nullptr)
      return true;
    if (depth_ == 1) {
      current_->kind = kind;
    } else {
      separate();
    }
    current_->text += text;
    return true;
  }

  bool open(char bracket, json_kind kind) {
    if (++depth_ > max_json_depth) {
      problem = "Invalid JSON: nested deeper than "
                + std::to_string(max_json_depth) + " levels";
      return false;
    }
    if (depth_ > 1 && current_ != nullptr) {
      if (depth_ == 2)
        current_->kind = kind;
      else
        separate();
      current_->text += bracket;
      separate_ = false;
    }
    return true;
  }

  bool close(char bracket) {
    if (depth_ > 1 && current_ != nullptr) {
      current_->text += bracket;
      separate_ = true;
    }
    --depth_;
    return true;
  }

  bool not_an_object() {
    problem = "Invalid message format: expected a JSON object";
    return false;
  }

  /// Writes the comma between two values of one container.
  void separate() {
    if (separate_)
      current_->text += ',';
    separate_ = true;
  }

  json_fields& out_;
  json_field* current_ = nullptr;
  std::size_t depth_ = 0;
  bool separate_ = false;
};

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

result<json_fields>
json_fields::parse(std::string_view text,
                   std::span<const std::string_view> wanted) {
  assert(wanted.size() <= capacity);
  // The parser would take a NUL for the end of the text and accept what is
  // before it.
  if (auto nul = text.find('\0'); nul != std::string_view::npos)
    return failure{errc::invalid_json, "Invalid JSON: syntax error at byte "
                                           + std::to_string(nul + 1)};
  auto attempt = [&](std::string_view input) -> result<json_fields> {
    json_fields out;
    out.names_ = wanted;
    field_collector collector{out};
    if (json::sax_parse(input.data(), input.data() + input.size(), &collector))
      return out;
    auto code = collector.problem.starts_with("Invalid JSON")
                    ? errc::invalid_json
                    : errc::invalid_message;
    return failure{code, std::move(collector.problem)};
  };
  auto first = attempt(text);
  if (first || first.error().code != errc::invalid_json)
    return first;
  if (auto repaired = repair_python_json(text)) {
    if (auto second = attempt(*repaired))
      return second;
  }
  return first;
}

const json_field& json_fields::find(std::string_view name) const noexcept {
  auto pos = std::find(names_.begin(), names_.end(), name);
  assert(pos != names_.end());
  return fields_[static_cast<std::size_t>(pos - names_.begin())];
}

json_field& json_fields::get(std::string_view name) noexcept {
  auto pos = std::find(names_.begin(), names_.end(), name);
  assert(pos != names_.end());
  return fields_[static_cast<std::size_t>(pos - names_.begin())];
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
  // Before a tree is built of it: a character takes at most six, as \u0001.
  if (field.text.size() > max_items * (6 * limit + 3) + 2)
    return too_long(name, max_items,
                    "items of " + std::to_string(limit) + " bytes");
  // The text was written by us a moment ago: it parses, and is not deep.
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
      return too_long(name, limit, "bytes an item");
  }
  return out;
}

result<std::optional<double>> json_fields::take_number(std::string_view name) {
  auto& field = get(name);
  if (field.kind == json_kind::absent)
    return std::optional<double>{};
  auto value = 0.0;
  if (field.kind == json_kind::number)
    std::from_chars(field.text.data(), field.text.data() + field.text.size(),
                    value);
  if (field.kind != json_kind::number || !std::isfinite(value))
    return wrong_type(name, "a number", field.kind, "float_type");
  return std::optional<double>{value};
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
