#include "app/daemon/memory_census.hpp"

#include "actors/event_journal.hpp"

#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <optional>

namespace bridgekeeper::app {

namespace {

/// A thread that takes longer has worse problems than this number.
constexpr std::chrono::milliseconds history_timeout{500};

std::optional<std::size_t> history_bytes(const daemon_threads& threads) {
  auto answer = std::make_shared<std::promise<std::size_t>>();
  auto bytes = answer->get_future();
  threads.thread(0).post([answer, &context = threads.context(0)] {
    if (!context.journal)
      return;
    const auto& history = context.journal->history();
    answer->set_value(history.streams().bytes()
                      + history.records().finished_bytes());
  });
  // The task alone holds it now: if the task is dropped, nobody waits.
  answer.reset();
  if (bytes.wait_for(history_timeout) != std::future_status::ready)
    return std::nullopt;
  try {
    return bytes.get();
  } catch (const std::future_error&) {
    // The task was dropped, because the thread has stopped.
    return std::nullopt;
  }
}

} // namespace

std::vector<console::memory_row> memory_census::rows() const {
  std::vector<console::memory_row> out{
      {"waiting to be sent to readers", output->total(), output->budget()},
      {"large answers under way", answers->total(), answers->limit()},
      {"history of events and dispatches", history_bytes(threads),
       history_limit},
      {"announcements of agents", announced->used(), announced->limit()},
      {"first frames of bridges", first_frames->used(), first_frames->limit()},
  };
  if (auto waiting = storage.waiting_bytes())
    out.push_back({"waiting to be stored or published", *waiting, {}});
  return out;
}

} // namespace bridgekeeper::app
