#include "app/processes/environment_file.hpp"

#include "app/files/text_file.hpp"
#include "domain/trimmed.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace bridgekeeper::app {

namespace {

constexpr std::string_view letters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
constexpr std::string_view digits = "0123456789";

bool is_name(std::string_view text) {
  auto fits = [](char c) {
    return letters.find(c) != std::string_view::npos
           || digits.find(c) != std::string_view::npos;
  };
  return !text.empty() && digits.find(text.front()) == std::string_view::npos
         && std::all_of(text.begin(), text.end(), fits);
}

/// Either a value or what is wrong with it.
struct parsed_value {
  std::string value;
  const char* problem = nullptr;
};

bool is_rest_of_line(std::string_view text) {
  auto rest = trimmed(text);
  return rest.empty() || rest.front() == '#';
}

parsed_value parse_single_quoted(std::string_view text) {
  auto end = text.find('\'');
  if (end == std::string_view::npos)
    return {{}, "has no closing quote (')"};
  if (!is_rest_of_line(text.substr(end + 1)))
    return {{}, "has text after the closing quote"};
  return {std::string{text.substr(0, end)}};
}

parsed_value parse_double_quoted(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto c = text[i];
    if (c == '"') {
      if (!is_rest_of_line(text.substr(i + 1)))
        return {{}, "has text after the closing quote"};
      return {std::move(out)};
    }
    if (c != '\\' || i + 1 == text.size()) {
      out += c;
      continue;
    }
    switch (auto escaped = text[++i]) {
    case 'n':
      out += '\n';
      break;
    case 't':
      out += '\t';
      break;
    case '"':
    case '\\':
    case '$':
      out += escaped;
      break;
    default:
      out += c;
      out += escaped;
    }
  }
  return {{}, "has no closing quote (\")"};
}

parsed_value parse_value(std::string_view text) {
  auto words = trimmed(text);
  if (words.starts_with('\''))
    return parse_single_quoted(words.substr(1));
  if (words.starts_with('"'))
    return parse_double_quoted(words.substr(1));
  for (std::string_view comment : {" #", "\t#"})
    text = text.substr(0, text.find(comment));
  return {std::string{trimmed(text)}};
}

} // namespace

result<environment_map> read_environment_file(const std::string& path) {
  auto text = read_text_file(path);
  if (!text)
    return failure{errc::bad_request,
                   "Cannot read the environment file " + path + ": "
                       + std::strerror(errno)
                       + ". Name a readable file with --env-file."};
  return parse_environment(*text, path);
}

result<environment_map> parse_environment(std::string_view text,
                                          const std::string& origin) {
  environment_map out;
  auto number = 0;
  auto refused = [&](std::string_view why) {
    return failure{errc::bad_request, "Line " + std::to_string(number) + " of "
                                          + origin + " " + std::string{why}
                                          + ". Write one NAME=VALUE per line."};
  };
  if (text.starts_with("\xEF\xBB\xBF"))
    text.remove_prefix(3);
  while (!text.empty()) {
    ++number;
    auto whole = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(whole.size() + 1, text.size()));
    auto line = trimmed(whole);
    if (line.empty() || line.starts_with('#'))
      continue;
    if (line.find('\0') != std::string_view::npos)
      return refused("contains a null character");
    constexpr std::string_view keyword = "export ";
    if (line.starts_with(keyword))
      line = trimmed(line.substr(keyword.size()));
    auto end = line.find('=');
    if (end == std::string_view::npos)
      return refused("has no \"=\"");
    auto name = line.substr(0, end);
    if (!is_name(name))
      return refused("has an invalid name before the \"=\": names consist of "
                     "letters, digits and underscores, and do not begin with a "
                     "digit");
    auto value = parse_value(line.substr(end + 1));
    if (value.problem != nullptr)
      return refused(value.problem);
    out.insert_or_assign(std::string{name}, std::move(value.value));
  }
  return out;
}

} // namespace bridgekeeper::app
