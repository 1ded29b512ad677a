#include "store/dispatches/crash_points.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>

namespace bridgekeeper::store::detail {

namespace {

std::string variable(const char* name) {
  const auto* value = std::getenv(name);
  return value != nullptr ? value : "";
}

struct chosen_point {
  std::string name = variable("BRIDGEKEEPER_CRASH_AT");
  int visit = 1;

  chosen_point() {
    auto colon = name.find(':');
    if (colon == std::string::npos)
      return;
    visit = std::atoi(name.c_str() + colon + 1);
    name.resize(colon);
  }
};

} // namespace

void visit_crash_point(std::string_view name) noexcept {
  static const chosen_point chosen;
  static std::atomic<int> visits{0};
  if (name == chosen.name && ++visits == chosen.visit)
    std::raise(SIGKILL);
}

bool has_mutation(std::string_view name) noexcept {
  return name == variable("BRIDGEKEEPER_MUTATION");
}

} // namespace bridgekeeper::store::detail
