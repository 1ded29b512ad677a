#include "app/client/reconnection.hpp"

#include <iomanip>
#include <iostream>

namespace bridgekeeper::app {

namespace {

/// With the pauses between them, these take about a minute.
constexpr int most_attempts = 6;

} // namespace

void reconnection::on_answer() {
  was_answered_ = true;
  failed_attempts_ = 0;
  backoff_.reset();
}

std::optional<backoff::milliseconds> reconnection::next() {
  if (!was_answered_ || failed_attempts_ == most_attempts)
    return std::nullopt;
  ++failed_attempts_;
  auto wait = backoff_.next();
  std::cerr << "Trying again in " << std::fixed << std::setprecision(1)
            << std::chrono::duration<double>{wait}.count() << " s.\n";
  return wait;
}

} // namespace bridgekeeper::app
