#include "app/bridge/task.hpp"
#include "app/scratch_dir.hpp"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unistd.h>

using namespace bridgekeeper;
using namespace std::chrono_literals;
using app::boot_clock;

namespace {

/// A file that lets a command go on once it exists.
struct gate {
  void open() const {
    std::ofstream{path};
  }

  /// A command that prints "done" and ends when the gate is open.
  [[nodiscard]] std::string command() const {
    return "echo done; until [ -e " + path + " ]; do sleep 0.01; done";
  }

  app::scratch_dir directory = {};
  std::string path = (directory.path() / "go").string();
};

/// A bridge with one task.
struct small_bridge {
  small_bridge() : small_bridge(app::task_options{}) {
    tasks.command = go.command();
  }

  explicit small_bridge(app::task_options options)
    : tasks(std::move(options)),
      supervisor(context, {}), shared{context, supervisor,
                                      std::make_shared<app::session_totals>(),
                                      tasks} {}

  std::shared_ptr<app::task>
  start(std::optional<boot_clock::time_point> deadline = {}) {
    auto out = std::make_shared<app::task>(
        shared,
        // Tests run side by side, and a task ends every process that bears its
        // id.
        dispatch{message_id{"m." + std::to_string(::getpid())},
                 agent_id{"a"},
                 "content",
                 {},
                 {},
                 {}},
        1,
        app::task::handlers{
            [this](const app::progress_line& x) { progress += x.text + ";"; },
            [this](app::task_report x) { report = std::move(x); }});
    out->start(deadline);
    return out;
  }

  /// Runs the bridge until the task has ended.
  void run() {
    auto limit = std::chrono::steady_clock::now() + 30s;
    while (!report && std::chrono::steady_clock::now() < limit) {
      context.restart();
      context.run_one_for(10ms);
    }
    REQUIRE(report);
  }

  void run_for(std::chrono::milliseconds time) {
    context.restart();
    context.run_for(time);
  }

  /// Runs the bridge until the task has shown something, and then stops it:
  /// nothing is handled until the task's shell is gone.
  void stop_until_exit(const app::task& x) {
    auto limit = std::chrono::steady_clock::now() + 30s;
    while (progress.empty() && std::chrono::steady_clock::now() < limit)
      run_for(10ms);
    // The output may arrive before the news that the command has started.
    run_for(300ms);
    go.open();
    while (!x.has_exited() && std::chrono::steady_clock::now() < limit)
      std::this_thread::sleep_for(1ms);
    REQUIRE(x.has_exited());
  }

  gate go;
  boost::asio::io_context context;
  app::task_options tasks;
  app::task_supervisor supervisor;
  app::task_surroundings shared;
  std::string progress;
  std::optional<app::task_report> report = {};
};

app::task_options running(const std::string& command) {
  app::task_options out;
  out.command = command;
  return out;
}

} // namespace

TEST_CASE("a result is kept if its bridge was stopped until after the "
          "deadline") {
  small_bridge bridge;
  auto deadline = boot_clock::now() + 3s;
  auto aut = bridge.start(deadline);
  bridge.stop_until_exit(*aut);
  while (boot_clock::now() <= deadline)
    std::this_thread::sleep_for(1ms);
  bridge.run();
  CHECK(bridge.report->error.value_or("-") == "-");
  CHECK(bridge.report->content == "done\n");
}

TEST_CASE("a result is kept if its dispatch is cancelled before its bridge "
          "notices the end of the command") {
  small_bridge bridge;
  auto aut = bridge.start(boot_clock::now() + 1h);
  bridge.stop_until_exit(*aut);
  aut->cancel({});
  bridge.run();
  CHECK(bridge.report->error.value_or("-") == "-");
  CHECK(bridge.report->content == "done\n");
}

TEST_CASE("a command that still runs at its deadline is ended") {
  small_bridge bridge{running("echo done; sleep 60")};
  auto aut = bridge.start(boot_clock::now() + 50ms);
  bridge.run();
  CHECK(bridge.report->error.value_or("-")
        == "timed_out: not done by the deadline of the dispatch");
  CHECK(bridge.report->details.failure == failure_class::timed_out);
}

TEST_CASE("a command that prints nothing for too long is ended") {
  auto options = running("echo one; sleep 60");
  options.idle_timeout = 100ms;
  small_bridge bridge{options};
  auto aut = bridge.start();
  bridge.run();
  CHECK(bridge.report->error.value_or("-")
        == "idle: nothing was printed for 0.1 s, the bridge's limit");
  CHECK(bridge.report->details.failure == failure_class::idle);
}

TEST_CASE("the whole text of a task is there when its command starts") {
  small_bridge bridge{running("wc -c; readlink /proc/self/fd/0")};
  auto aut = bridge.start();
  bridge.run();
  // "content" and a line end, in a file, which no death of the bridge cuts off.
  CHECK(bridge.report->content.starts_with("8\n/memfd:task"));
}
