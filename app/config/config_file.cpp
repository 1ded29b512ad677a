#include "app/config/config_file.hpp"

#include "app/files/toml_text.hpp"
#include "app/text/suggestion.hpp"

#include <algorithm>

namespace bridgekeeper::app {

namespace {

option_value to_list(const toml::array& xs) {
  std::vector<std::string> out;
  for (const auto& x : xs) {
    auto text = x.as_string();
    if (text == nullptr)
      return foreign_value{};
    out.push_back(text->get());
  }
  return out;
}

option_value to_value(const toml::node& x) {
  if (auto value = x.as_boolean())
    return value->get();
  if (auto value = x.as_integer())
    return value->get();
  if (auto value = x.as_floating_point())
    return value->get();
  if (auto value = x.as_string())
    return value->get();
  if (auto value = x.as_array())
    return to_list(*value);
  return foreign_value{};
}

std::vector<std::string_view> section_names() {
  std::vector<std::string_view> out;
  for (const auto& x : options())
    if (out.empty() || out.back() != x.section)
      out.push_back(x.section);
  return out;
}

/// `; did you mean …?`: the nearest name, or the same key in another section.
std::string suggest_option(std::string_view section, std::string_view key) {
  std::vector<std::string> names;
  for (const auto& x : options()) {
    if (x.section != section && x.key == key)
      return "; did you mean " + full_name(x) + "?";
    names.push_back(full_name(x));
  }
  std::vector<std::string_view> views{names.begin(), names.end()};
  return did_you_mean(std::string{section}.append(".").append(key), views);
}

void read_section(config_file& out, std::string_view section,
                  const toml::table& keys) {
  for (auto&& [key, value] : keys) {
    auto target = find_option(section, key.str());
    if (target != nullptr) {
      out.settings.push_back(
          {target, to_value(value), line_of(value.source())});
      continue;
    }
    auto name = std::string{section}.append(".").append(key.str());
    out.errors.push_back(
        {line_of(key.source()),
         name + ": unknown key" + suggest_option(section, key.str())});
  }
}

void read_root(config_file& out, const toml::table& root) {
  auto sections = section_names();
  for (auto&& [key, value] : root) {
    std::string name{key.str()};
    auto line = line_of(key.source());
    bool known =
        std::find(sections.begin(), sections.end(), name) != sections.end();
    auto table = value.as_table();
    if (table != nullptr && known)
      read_section(out, name, *table);
    else if (known)
      out.errors.push_back({line, name + ": expected a table, [" + name + "]"});
    else if (table != nullptr || value.is_array_of_tables())
      out.errors.push_back(
          {line, name + ": unknown table" + did_you_mean(name, sections)});
    else
      out.errors.push_back({line, name
                                      + ": unknown key; every key belongs in a "
                                        "table, such as [server]"});
  }
}

} // namespace

config_file parse_config_file(std::string_view text) {
  config_file out;
  if (auto root = parse_toml(text, out.errors))
    read_root(out, *root);
  return out;
}

config_file read_config_file(const std::string& path) {
  config_file out;
  auto text = read_toml(path, out.errors);
  return text ? parse_config_file(*text) : out;
}

} // namespace bridgekeeper::app
