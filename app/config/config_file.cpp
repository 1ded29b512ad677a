#include "app/config/config_file.hpp"

#include "app/config/toml.hpp"
#include "app/files/text_file.hpp"
#include "app/text/suggestion.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace bridgekeeper::app {

namespace {

std::size_t line_of(const toml::source_region& x) noexcept {
  return static_cast<std::size_t>(x.begin.line);
}

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

/// More dots than any line needs. The library limits how deep values nest, but
/// not the tables that a dotted key makes, which it destroys recursively.
constexpr std::size_t most_dots = 256;

/// Dots outside of strings and comments. A key never spans two lines.
std::size_t count_dots(std::string_view line) {
  std::size_t out = 0;
  auto quote = '\0';
  for (std::size_t i = 0; i < line.size(); ++i) {
    auto c = line[i];
    if (quote != '\0') {
      if (c == '\\' && quote == '"')
        ++i;
      else if (c == quote)
        quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '#') {
      break;
    } else if (c == '.') {
      ++out;
    }
  }
  return out;
}

/// The first line whose key is too deep, or 0.
std::size_t find_deep_key(std::string_view text) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    auto end = std::min(text.find('\n'), text.size());
    if (count_dots(text.substr(0, end)) > most_dots)
      return number;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return 0;
}

} // namespace

config_file parse_config_file(std::string_view text) {
  config_file out;
  if (auto line = find_deep_key(text)) {
    out.errors.push_back(
        {line, "a key with more than " + std::to_string(most_dots) + " dots"});
    return out;
  }
  auto parsed = toml::parse(text);
  if (parsed)
    read_root(out, parsed.table());
  else
    out.errors.push_back({line_of(parsed.error().source()),
                          std::string{parsed.error().description()}});
  return out;
}

config_file read_config_file(const std::string& path) {
  auto unreadable = [](const char* why) {
    return config_file{{}, {{0, std::string{"cannot be read: "} + why}}};
  };
  if (auto text = read_text_file(path))
    return parse_config_file(*text);
  return unreadable(errno == EISDIR ? "it is a directory"
                                    : std::strerror(errno));
}

} // namespace bridgekeeper::app
