#include "protocol/json_document.hpp"

#include <nlohmann/json.hpp>

namespace bridgekeeper::protocol {

bool nests_within(std::string_view text, std::size_t max_depth) noexcept {
  std::size_t depth = 0;
  auto inside_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto c = text[i];
    if (inside_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        inside_string = false;
    } else if (c == '"') {
      inside_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > max_depth)
        return false;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return true;
}

nlohmann::json parse_json_document(std::string_view text,
                                   std::size_t max_depth) {
  if (!nests_within(text, max_depth))
    return nlohmann::json(nlohmann::json::value_t::discarded);
  return nlohmann::json::parse(text, nullptr, false);
}

std::string text_member(const nlohmann::json& x, std::string_view name) {
  auto member = x.find(name);
  return member != x.end() && member->is_string() ? member->get<std::string>()
                                                  : std::string{};
}

} // namespace bridgekeeper::protocol
