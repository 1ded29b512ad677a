#include "store/dispatches/crash_points.hpp"

#include <csignal>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace bridgekeeper::store::detail {

namespace {

std::string variable(const char* name) {
  const auto* value = std::getenv(name);
  return value != nullptr ? value : "";
}

struct chosen_point {
  std::string text;
  std::string name;
  int visit = 1;
  int visits = 0;

  /// Tests choose several points, one after the other.
  void choose(std::string x) {
    text = name = std::move(x);
    visit = 1;
    visits = 0;
    auto colon = name.find(':');
    if (colon == std::string::npos)
      return;
    visit = std::atoi(name.c_str() + colon + 1);
    name.resize(colon);
  }
};

} // namespace

void visit_crash_point(std::string_view name,
                       std::chrono::milliseconds delay) noexcept {
  static std::mutex mutex;
  static chosen_point chosen;
  std::lock_guard guard{mutex};
  if (auto text = variable("BRIDGEKEEPER_CRASH_AT"); text != chosen.text)
    chosen.choose(std::move(text));
  if (name != chosen.name || ++chosen.visits != chosen.visit)
    return;
  if (delay.count() == 0)
    std::raise(SIGKILL);
  std::thread{[delay] {
    std::this_thread::sleep_for(delay);
    std::raise(SIGKILL);
  }}.detach();
}

bool has_mutation(std::string_view name) noexcept {
  return name == variable("BRIDGEKEEPER_MUTATION");
}

} // namespace bridgekeeper::store::detail
