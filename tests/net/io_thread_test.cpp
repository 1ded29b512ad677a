#include "net/server/io_thread.hpp"
#include "support/inbox.hpp"
#include "support/io_threads.hpp"

#include <caf/execution_unit.hpp>
#include <caf/ref_counted.hpp>
#include <caf/resumable.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

using namespace bridgekeeper;
using namespace std::chrono_literals;
using test::call_on;
using test::inbox;
using test::io_threads;

namespace {

/// Something to resume, as CAF hands actors to a unit.
class job : public caf::resumable {
public:
  job(inbox<std::thread::id>& log, int turns) : log_(log), turns_(turns) {}

  resume_result resume(caf::execution_unit*, std::size_t messages) override {
    allowance = messages;
    log_.push(std::this_thread::get_id());
    return --turns_ > 0 ? resume_later : done;
  }

  void intrusive_ptr_add_ref_impl() override {
    ++references;
  }

  void intrusive_ptr_release_impl() override {
    --references;
  }

  std::atomic<int> references{0};
  std::atomic<std::size_t> allowance{0};

private:
  inbox<std::thread::id>& log_;
  int turns_;
};

std::thread::id id_of(net::io_thread& thread) {
  return call_on(thread, [] { return std::this_thread::get_id(); });
}

} // namespace

// -- tasks --------------------------------------------------------------------

TEST_CASE("a task runs on its I/O thread and no other") {
  io_threads threads{2};
  threads.start();
  CHECK(id_of(threads[0]) != std::this_thread::get_id());
  CHECK(id_of(threads[0]) != id_of(threads[1]));
  CHECK(id_of(threads[0]) == id_of(threads[0]));
  CHECK(threads[1].index() == 1);
}

TEST_CASE("tasks of one thread run in the order they were posted") {
  io_threads threads{1};
  threads.start();
  std::vector<int> order;
  for (auto i = 0; i < 1000; ++i)
    threads[0].post([&order, i] { order.push_back(i); });
  auto seen = call_on(threads[0], [&order] { return order; });
  REQUIRE(seen.size() == 1000);
  for (auto i = 0; i < 1000; ++i)
    REQUIRE(seen[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("a task posted on its own thread runs after the one at hand") {
  io_threads threads{1};
  threads.start();
  inbox<std::string> log;
  threads[0].post([&] {
    threads[0].post([&log] { log.push("second"); });
    log.push("first");
  });
  CHECK(log.take() == "first");
  CHECK(log.take() == "second");
}

TEST_CASE("tasks posted before the start run after it") {
  io_threads threads{1};
  inbox<int> log;
  threads[0].post([&log] { log.push(1); });
  CHECK(log.empty());
  threads.start();
  CHECK(log.take() == 1);
}

TEST_CASE("a thread without actors runs tasks") {
  net::io_thread aut{0};
  aut.start();
  CHECK(id_of(aut) != std::this_thread::get_id());
  aut.stop();
}

TEST_CASE("tasks of many threads all run") {
  io_threads threads{1};
  threads.start();
  auto count = 0;
  {
    std::vector<std::jthread> others;
    for (auto i = 0; i < 4; ++i)
      others.emplace_back([&] {
        for (auto j = 0; j < 1000; ++j)
          threads[0].post([&count] { ++count; });
      });
  }
  CHECK(call_on(threads[0], [&count] { return count; }) == 4000);
}

// -- stopping -----------------------------------------------------------------

TEST_CASE("a thread that never started can be stopped and stopped again") {
  io_threads threads{1};
  threads.stop();
  threads.stop();
}

TEST_CASE("what a stopped thread has not done is dropped and not kept") {
  auto resource = std::make_shared<int>();
  std::weak_ptr<int> watched = resource;
  {
    io_threads threads{1};
    threads.start();
    threads.stop();
    threads[0].post([kept = std::move(resource)] {});
    CHECK_FALSE(watched.expired());
  }
  CHECK(watched.expired());
}

TEST_CASE("a thread knows how much processor time it has used") {
  io_threads threads{1};
  CHECK(threads[0].cpu_time() == 0ns);
  threads.start();
  call_on(threads[0], [] {
    auto until = std::chrono::steady_clock::now() + 20ms;
    while (std::chrono::steady_clock::now() < until) {
    }
  });
  CHECK(threads[0].cpu_time() > 0ns);
  threads.stop();
  CHECK(threads[0].cpu_time() == 0ns);
}

// -- deadlines ----------------------------------------------------------------

TEST_CASE("a deadline expires on its thread and not too early") {
  io_threads threads{1};
  threads.start();
  inbox<std::pair<std::thread::id, time_point>> log;
  std::optional<net::deadline> timer;
  time_point due;
  call_on(threads[0], [&] {
    timer.emplace(threads[0].deadlines(), [&log] {
      log.push({std::this_thread::get_id(), net::steady_clock::now()});
    });
    timer->arm(40ms);
    due = timer->when();
  });
  auto [where, when] = log.take();
  CHECK(where == id_of(threads[0]));
  CHECK(when >= due);
  call_on(threads[0], [&timer] { timer.reset(); });
}

TEST_CASE("a sooner deadline is not kept waiting by a later one") {
  io_threads threads{1};
  threads.start();
  inbox<char> log;
  std::optional<net::deadline> later;
  std::optional<net::deadline> sooner;
  call_on(threads[0], [&] {
    auto& queue = threads[0].deadlines();
    later.emplace(queue, [&log] { log.push('l'); });
    sooner.emplace(queue, [&log] { log.push('s'); });
    later->arm(24h);
    sooner->arm(10ms);
  });
  CHECK(log.take() == 's');
  // The later one's turn comes too, once it is moved forward.
  call_on(threads[0], [&] { later->arm(1ms); });
  CHECK(log.take() == 'l');
  call_on(threads[0], [&] {
    later.reset();
    sooner.reset();
  });
}

TEST_CASE("a deadline that arms itself again ticks on") {
  io_threads threads{1};
  threads.start();
  inbox<char> log;
  std::optional<net::deadline> tick;
  call_on(threads[0], [&] {
    tick.emplace(threads[0].deadlines(), [&] {
      log.push('t');
      tick->arm(1ms);
    });
    tick->arm(1ms);
  });
  for (auto i = 0; i < 5; ++i)
    CHECK(log.take() == 't');
  call_on(threads[0], [&tick] { tick.reset(); });
}

// -- actors -------------------------------------------------------------------

TEST_CASE("what is handed to the unit is resumed on the thread until done") {
  io_threads threads{1};
  threads.start();
  auto home = id_of(threads[0]);
  inbox<std::thread::id> log;
  job work{log, 3};
  // Whoever calls `exec_later` gives a reference away.
  work.intrusive_ptr_add_ref_impl();
  threads[0].unit().exec_later(&work);
  for (auto i = 0; i < 3; ++i)
    CHECK(log.take() == home);
  CHECK(test::eventually([&work] { return work.references == 0; }));
  call_on(threads[0], [] {});
  CHECK(log.empty());
  CHECK(work.allowance > 0);
  CHECK(threads[0].resumptions() == 3);
}

TEST_CASE("a resumption asked for on the thread itself waits its turn") {
  io_threads threads{1};
  threads.start();
  inbox<std::thread::id> log;
  job work{log, 1};
  work.intrusive_ptr_add_ref_impl();
  auto at_once = call_on(threads[0], [&] {
    threads[0].unit().exec_later(&work);
    return !log.empty();
  });
  CHECK_FALSE(at_once);
  log.take();
  CHECK(test::eventually([&work] { return work.references == 0; }));
}

TEST_CASE("many threads may hand over while the thread starts") {
  constexpr auto count = 100;
  inbox<std::thread::id> log;
  job work{log, 4 * count};
  {
    io_threads threads{1};
    std::vector<std::jthread> others;
    for (auto i = 0; i < 4; ++i)
      others.emplace_back([&] {
        for (auto j = 0; j < count; ++j) {
          work.intrusive_ptr_add_ref_impl();
          threads[0].unit().exec_later(&work);
        }
      });
    threads.start();
    for (auto i = 0; i < 4 * count; ++i)
      log.take();
  }
  CHECK(work.references == 0);
}

TEST_CASE("what was never resumed is let go of in the end") {
  inbox<std::thread::id> log;
  job work{log, 1};
  {
    io_threads threads{1};
    work.intrusive_ptr_add_ref_impl();
    threads[0].unit().exec_later(&work);
    CHECK(work.references == 1);
  }
  CHECK(work.references == 0);
  CHECK(log.empty());
}
