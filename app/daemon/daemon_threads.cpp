#include "app/daemon/daemon_threads.hpp"

#include <chrono>

namespace bridgekeeper::app {

daemon_threads::daemon_threads(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    auto& thread = *threads_.emplace_back(std::make_unique<net::io_thread>(i));
    contexts_.emplace_back(std::make_unique<api::thread_context>(
        i, &thread.unit(), thread.deadlines(),
        [&thread](auto x) { thread.post(std::move(x)); }));
  }
  for (auto& context : contexts_)
    for (auto& other : contexts_)
      context->boards.push_back(&other->board);
}

void daemon_threads::start(caf::actor_system& system) {
  for (auto& thread : threads_)
    thread->start(system);
}

void daemon_threads::stop() {
  for (auto& thread : threads_)
    thread->stop();
}

void daemon_threads::on_every_one(const task& what) const {
  for (std::size_t i = 0; i < threads_.size(); ++i)
    threads_[i]->post([what, context = contexts_[i].get()] { what(*context); });
}

std::vector<net::io_thread*> daemon_threads::pointers() const {
  std::vector<net::io_thread*> out;
  for (const auto& thread : threads_)
    out.push_back(thread.get());
  return out;
}

std::vector<const counters*> daemon_threads::counts() const {
  std::vector<const counters*> out;
  for (const auto& context : contexts_)
    out.push_back(&context->counts);
  return out;
}

std::vector<console::thread_row> daemon_threads::rows() const {
  std::vector<console::thread_row> out;
  for (const auto& thread : threads_)
    out.push_back({thread->index(), thread->connections.load(),
                   thread->resumptions(),
                   std::chrono::duration_cast<std::chrono::milliseconds>(
                       thread->cpu_time())});
  return out;
}

std::uint64_t daemon_threads::unfinished() const {
  std::uint64_t begun = 0;
  std::uint64_t ended = 0;
  for (const auto& context : contexts_) {
    const auto& counts = context->counts;
    begun += counts.dispatches.value();
    ended += counts.responses.value() + counts.failed_dispatches.value();
    // What waits is left to the next daemon.
    if (context->store) {
      begun += counts.waits_ended.value();
      ended += counts.waits_begun.value();
    }
  }
  return begun > ended ? begun - ended : 0;
}

dispatch_load daemon_threads::load() const {
  std::uint64_t begun = 0;
  std::uint64_t ended = 0;
  std::uint64_t waits_begun = 0;
  std::uint64_t waits_ended = 0;
  for (const auto& context : contexts_) {
    const auto& counts = context->counts;
    begun += counts.dispatches.value();
    ended += counts.responses.value() + counts.failed_dispatches.value();
    waits_begun += counts.waits_begun.value();
    waits_ended += counts.waits_ended.value();
  }
  // The threads go on meanwhile, so an end may be counted without its begin.
  auto difference = [](std::uint64_t x, std::uint64_t y) {
    return x > y ? x - y : 0;
  };
  dispatch_load out;
  out.queued = difference(waits_begun, waits_ended);
  out.in_flight = difference(difference(begun, ended), out.queued);
  return out;
}

std::size_t daemon_threads::connections() const {
  std::size_t out = 0;
  for (const auto& thread : threads_)
    out += thread->connections;
  return out;
}

} // namespace bridgekeeper::app
