#include "app/daemon/thread_pulse.hpp"

#include <algorithm>

namespace bridgekeeper::app {

thread_pulse::thread_pulse(const daemon_threads& threads)
  : threads_(threads),
    answers_(std::make_shared<std::vector<answer>>(threads.size())) {}

void thread_pulse::ping() {
  ++last_ping_;
  threads_.on_every_one(
      [answers = answers_, number = last_ping_](api::thread_context& context) {
        auto& mine = (*answers)[context.index];
        mine.agents = context.local.size();
        mine.ping = number;
      });
}

bool thread_pulse::has_all_answers() const noexcept {
  return std::all_of(answers_->begin(), answers_->end(),
                     [this](const auto& x) { return x.ping == last_ping_; });
}

std::size_t thread_pulse::agents() const noexcept {
  std::size_t out = 0;
  for (const auto& x : *answers_)
    out += x.agents;
  return out;
}

} // namespace bridgekeeper::app
