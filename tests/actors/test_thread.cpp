#include "actors/test_thread.hpp"

#include <caf/intrusive_ptr.hpp>
#include <caf/resumable.hpp>

#include <utility>

namespace bridgekeeper::test {

test_thread::test_thread(std::size_t index,
                         net::deadline_queue::clock_function clock)
  : deadlines(std::move(clock)),
    context(index, this, deadlines,
            [this](auto task) { post(std::move(task)); }) {}

void test_thread::adopt(caf::actor_system& system) {
  system_ = &system;
}

void test_thread::exec_later(caf::resumable* job) {
  caf::intrusive_ptr<caf::resumable> keep{job, false};
  tasks_.push_back([this, keep] {
    // One message a turn, so that actors take turns as often as they can.
    if (keep->resume(this, 1) == caf::resumable::resume_later)
      exec_later(caf::intrusive_ptr<caf::resumable>{keep}.detach());
  });
}

void test_thread::post(std::function<void()> task) {
  tasks_.push_back(std::move(task));
}

bool test_thread::run_once() {
  if (tasks_.empty())
    return false;
  auto task = std::move(tasks_.front());
  tasks_.pop_front();
  task();
  return true;
}

void test_thread::run() {
  while (run_once()) {
    // Until nothing is left.
  }
}

void test_thread::clear() {
  tasks_.clear();
}

} // namespace bridgekeeper::test
