#include "net/server/io_thread.hpp"

#include "net/error_boundary.hpp"

#include <boost/asio/defer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <caf/actor_system.hpp>
#include <caf/execution_unit.hpp>
#include <caf/intrusive_ptr.hpp>
#include <caf/resumable.hpp>

#include <pthread.h>
#include <string>
#include <thread>
#include <utility>

namespace bridgekeeper::net {

namespace asio = boost::asio;

namespace {

/// Messages that an actor may handle before the next socket or actor has its
/// turn.
constexpr std::size_t max_messages_per_turn = 64;

} // namespace

struct io_thread::impl : caf::execution_unit {
  impl()
    : context(1), timer(context),
      deadlines(&steady_clock::now,
                [this](time_point when) { arm_timer(when); }) {}

  // -- actors -----------------------------------------------------------------

  /// Takes over the reference that CAF added for `job`.
  void exec_later(caf::resumable* job) override {
    auto turn = [this, ptr = caf::intrusive_ptr<caf::resumable>{
                           job, false}]() mutable { run(std::move(ptr)); };
    // `defer` uses this thread's private queue: no lock and no wake-up.
    if (context.get_executor().running_in_this_thread())
      asio::defer(context, std::move(turn));
    else
      asio::post(context, std::move(turn));
  }

  void run(caf::intrusive_ptr<caf::resumable> job) {
    resumptions.fetch_add(1, std::memory_order_relaxed);
    if (job->resume(this, max_messages_per_turn)
        == caf::resumable::resume_later)
      exec_later(job.detach());
  }

  void adopt(caf::actor_system& sys) {
    system_ = &sys;
  }

  // -- deadlines --------------------------------------------------------------

  void arm_timer(time_point when) {
    // Moving a timer costs more than letting it expire early, so an armed timer
    // is moved only to an earlier time.
    if (timer_armed && timer.expiry() <= when + deadline_queue::slack)
      return;
    timer_armed = true;
    timer.expires_at(when + deadline_queue::slack);
    timer.async_wait([this](const boost::system::error_code& error) {
      if (error)
        return;
      timer_armed = false;
      observe(loop_lag, deadlines.now() - timer.expiry());
      deadlines.run_due();
      if (auto next = deadlines.next())
        arm_timer(*next);
    });
  }

  asio::io_context context;
  asio::executor_work_guard<asio::io_context::executor_type> work{
      context.get_executor()};
  asio::steady_timer timer;
  bool timer_armed = false;
  deadline_queue deadlines;
  std::atomic<std::size_t> resumptions{0};
  lag_histogram loop_lag;
  std::thread thread;
};

io_thread::io_thread(std::size_t index)
  : index_(index), impl_(std::make_unique<impl>()) {}

io_thread::~io_thread() {
  stop();
}

void io_thread::start(caf::actor_system& system) {
  impl_->adopt(system);
  start();
}

void io_thread::start() {
  impl_->thread = std::thread([ptr = impl_.get()] {
    // The outermost boundary: an exception that reaches it must not end the
    // other connections of this thread.
    while (!contain("a task of an I/O thread", [ptr] { ptr->context.run(); })) {
    }
  });
  auto name = "io-" + std::to_string(index_);
  pthread_setname_np(impl_->thread.native_handle(), name.c_str());
}

void io_thread::stop() {
  impl_->context.stop();
  if (impl_->thread.joinable())
    impl_->thread.join();
}

void io_thread::post(std::function<void()> task) {
  asio::post(impl_->context, std::move(task));
}

caf::execution_unit& io_thread::unit() noexcept {
  return *impl_;
}

asio::io_context& io_thread::context() noexcept {
  return impl_->context;
}

deadline_queue& io_thread::deadlines() noexcept {
  return impl_->deadlines;
}

std::chrono::nanoseconds io_thread::cpu_time() const noexcept {
  clockid_t clock{};
  timespec used{};
  auto& thread = impl_->thread;
  if (!thread.joinable()
      || pthread_getcpuclockid(thread.native_handle(), &clock) != 0
      || clock_gettime(clock, &used) != 0)
    return std::chrono::nanoseconds{0};
  return std::chrono::seconds{used.tv_sec}
         + std::chrono::nanoseconds{used.tv_nsec};
}

std::size_t io_thread::resumptions() const noexcept {
  return impl_->resumptions.load(std::memory_order_relaxed);
}

const io_thread::lag_histogram& io_thread::loop_lag() const noexcept {
  return impl_->loop_lag;
}

void io_thread::note_lag(time_point posted) noexcept {
  observe(impl_->loop_lag, impl_->deadlines.now() - posted);
}

} // namespace bridgekeeper::net
