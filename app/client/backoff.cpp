#include "app/client/backoff.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace bridgekeeper::app {

namespace {

double random_share() {
  static std::minstd_rand engine{std::random_device{}()};
  return std::uniform_real_distribution<double>{0.0, 1.0}(engine);
}

} // namespace

backoff::backoff(std::function<double()> chance)
  : chance_(chance ? std::move(chance) : random_share) {}

backoff::milliseconds
backoff::next(std::optional<std::chrono::seconds> stay_away) {
  auto stretch = [this](milliseconds least) {
    auto extra = std::chrono::duration<double, std::milli>{least} * chance_();
    return least + std::chrono::duration_cast<milliseconds>(extra);
  };
  auto wait = stretch(step_ / 2);
  step_ = std::min(step_ * 2, longest);
  if (!stay_away)
    return wait;
  // The server's value is not trusted: a wait of more than a day is cut.
  milliseconds least =
      std::min<std::chrono::seconds>(*stay_away, std::chrono::hours{24});
  return std::max(wait, stretch(least / 2) + least / 2);
}

backoff::milliseconds backoff::after(milliseconds least) {
  auto extra =
      std::chrono::duration<double, std::milli>{std::max(least / 2, first)}
      * chance_();
  return least + std::chrono::duration_cast<milliseconds>(extra);
}

} // namespace bridgekeeper::app
