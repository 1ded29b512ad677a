#include "app/console/known_ids.hpp"

#include <unordered_set>

namespace bridgekeeper::console {

namespace {

template <class Predicate>
std::vector<std::string> dispatches_of(const past_events& past,
                                       Predicate matches) {
  std::vector<std::string> out;
  std::unordered_set<std::string_view> seen;
  for (auto pos = past.events.rbegin(); pos != past.events.rend(); ++pos) {
    const auto* id = message_of(**pos);
    if (id != nullptr && seen.insert(id->str()).second && matches(id->str()))
      out.push_back(id->str());
  }
  return out;
}

} // namespace

std::vector<std::string> agents_from(const std::vector<agent_view>& agents,
                                     std::string_view text) {
  std::vector<std::string> out;
  for (const auto& x : agents)
    if (x.agent.str().starts_with(text))
      out.push_back(x.agent.str());
  return out;
}

std::vector<std::string> dispatches_from(const past_events& past,
                                         std::string_view text) {
  return dispatches_of(
      past, [&](const std::string& id) { return id.starts_with(text); });
}

std::vector<std::string> dispatches_like(const past_events& past,
                                         std::string_view text) {
  return dispatches_of(past, [&](const std::string& id) {
    return id.starts_with(text)
           || (text.size() >= min_short_id && id.ends_with(text));
  });
}

} // namespace bridgekeeper::console
