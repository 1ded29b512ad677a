#include "app/adapters/tool_text.hpp"

#include "app/adapters/agent_json.hpp"
#include "domain/trimmed.hpp"
#include "domain/utf8.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace bridgekeeper::app {

namespace {

constexpr std::size_t max_headline = 200;

/// Arguments of the tools of all agents, the most telling ones first.
constexpr std::array<std::string_view, 15> telling{
    "command",       "cmd",     "file_path",   "filePath", "absolute_path",
    "notebook_path", "pattern", "path",        "dir_path", "url",
    "query",         "skill",   "description", "name",     "prompt",
};

} // namespace

std::string headline(std::string_view text) {
  text = trimmed(text);
  auto line = trimmed(text.substr(0, text.find('\n')));
  std::string out{cut_utf8(line, max_headline)};
  if (out.size() < text.size())
    out += "\xE2\x80\xA6";
  return out;
}

std::string tool_text(std::string_view tool, const nlohmann::json& input) {
  std::string out{tool.empty() ? "tool" : tool};
  for (auto name : telling)
    if (auto value = headline(text_of(input, name)); !value.empty())
      return out + ": " + value;
  return out;
}

} // namespace bridgekeeper::app
