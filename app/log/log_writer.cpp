#include "app/log/log_writer.hpp"

#include "app/log/descriptor_sink.hpp"
#include "app/log/journal_sink.hpp"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>

#include <csignal>
#include <pthread.h>
#include <thread>
#include <utility>

namespace bridgekeeper::app {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto poll_interval = milliseconds{2};

/// Blocks all signals while the thread is created. The thread inherits the
/// mask, so signals go to the main thread.
std::shared_ptr<spdlog::details::thread_pool> make_pool(std::size_t lines) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  auto out = std::make_shared<spdlog::details::thread_pool>(lines, 1);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return out;
}

std::shared_ptr<log_sink> make_sink(const log_writer_options& options,
                                    spdlog::details::thread_pool& pool) {
  auto losses = [&pool] { return pool.overrun_counter(); };
  if (!options.journal_identifier.empty())
    return std::make_shared<journal_sink>(options.journal_identifier, losses);
  return std::make_shared<descriptor_sink>(options.descriptor, options.colours,
                                           losses);
}

} // namespace

log_writer::log_writer(const log_writer_options& options,
                       std::unique_ptr<spdlog::formatter> format)
  : options_(options), pool_(make_pool(options.queued_lines)),
    sink_(make_sink(options, *pool_)),
    logger_(std::make_shared<spdlog::async_logger>(
        "bridgekeeper", sink_, pool_,
        spdlog::async_overflow_policy::overrun_oldest)) {
  logger_->set_formatter(std::move(format));
}

log_writer::~log_writer() {
  drain(options_.on_close);
  // The pool's destructor joins its thread, which must not wait for the reader.
  sink_->stop_waiting();
  pool_.reset();
}

bool log_writer::drain(milliseconds limit) {
  auto end = steady_clock::now() + limit;
  auto becomes = [end](auto condition) {
    while (!condition()) {
      if (steady_clock::now() >= end)
        return false;
      std::this_thread::sleep_for(poll_interval);
    }
    return true;
  };
  // The queue drops its oldest line when it is full, so a flush must not be
  // added to a full queue.
  if (!becomes([this] { return pool_->queue_size() == 0; }))
    return false;
  // The last line may have left the queue without having been written yet. The
  // sink sees the flush only after that line.
  auto before = sink_->flushes();
  logger_->flush();
  return becomes([this, before] { return sink_->flushes() > before; });
}

} // namespace bridgekeeper::app
