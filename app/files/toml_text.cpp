#include "app/files/toml_text.hpp"

#include "app/files/text_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace bridgekeeper::app {

namespace {

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

std::size_t line_of(const toml::source_region& x) noexcept {
  return static_cast<std::size_t>(x.begin.line);
}

std::optional<toml::table> parse_toml(std::string_view text,
                                      std::vector<file_error>& errors) {
  if (auto line = find_deep_key(text)) {
    errors.push_back(
        {line, "a key with more than " + std::to_string(most_dots) + " dots"});
    return std::nullopt;
  }
  auto parsed = toml::parse(text);
  if (parsed)
    return std::move(parsed).table();
  errors.push_back({line_of(parsed.error().source()),
                    std::string{parsed.error().description()}});
  return std::nullopt;
}

std::optional<std::string> read_toml(const std::string& path,
                                     std::vector<file_error>& errors) {
  auto text = read_text_file(path);
  if (!text)
    errors.push_back({0, std::string{"cannot be read: "}
                             + (errno == EISDIR ? "it is a directory"
                                                : std::strerror(errno))});
  return text;
}

} // namespace bridgekeeper::app
