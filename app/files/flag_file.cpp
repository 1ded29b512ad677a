#include "app/files/flag_file.hpp"

#include "app/files/toml_text.hpp"

#include <optional>
#include <sstream>
#include <utility>

namespace bridgekeeper::app {

namespace {

std::optional<std::string> to_text(const toml::node& x) {
  if (auto value = x.as_boolean())
    return value->get() ? "true" : "false";
  if (auto value = x.as_integer())
    return std::to_string(value->get());
  if (auto value = x.as_string())
    return value->get();
  auto value = x.as_floating_point();
  if (value == nullptr)
    return std::nullopt;
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << value->get();
  return out.str();
}

/// The texts of a value; nothing if it is of a kind that no flag has.
std::optional<std::vector<std::string>> to_texts(const toml::node& x) {
  std::vector<std::string> out;
  auto add = [&out](std::string before, const toml::node& value) {
    auto text = to_text(value);
    if (text)
      out.push_back(std::move(before) + *text);
    return text.has_value();
  };
  if (auto list = x.as_array()) {
    for (const auto& value : *list)
      if (!add({}, value))
        return std::nullopt;
  } else if (auto table = x.as_table()) {
    for (auto&& [key, value] : *table)
      if (!add(std::string{key.str()} + "=", value))
        return std::nullopt;
  } else if (!add({}, x)) {
    return std::nullopt;
  }
  return out;
}

} // namespace

flag_file parse_flag_file(std::string_view text) {
  flag_file out;
  auto root = parse_toml(text, out.errors);
  if (!root)
    return out;
  for (auto&& [key, value] : *root) {
    std::string name{key.str()};
    auto line = line_of(key.source());
    if (auto values = to_texts(value))
      out.settings.push_back({std::move(name), std::move(*values), line});
    else
      out.errors.push_back(
          {line, name
                     + ": expected a text, a number, true or false, or a list "
                       "or table of these"});
  }
  return out;
}

flag_file read_flag_file(const std::string& path) {
  flag_file out;
  auto text = read_toml(path, out.errors);
  return text ? parse_flag_file(*text) : out;
}

} // namespace bridgekeeper::app
