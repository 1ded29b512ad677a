#include "app/bridge/task.hpp"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <sys/wait.h>

using namespace bridgekeeper;
using app::boot_clock;

namespace {

/// A task of a bridge whose thread handles nothing before `run`, as if the
/// bridge were stopped.
struct stopped_bridge {
  boost::asio::io_context context;
  app::child_reaper reaper{context};
  std::optional<app::task_report> report = {};

  std::shared_ptr<app::task> start(const std::string& command,
                                   boot_clock::time_point deadline) {
    auto out = std::make_shared<app::task>(
        context, reaper,
        dispatch{message_id{"m"}, agent_id{"a"}, "content", {}, {}},
        app::task::handlers{[](const std::string&) {},
                            [this](app::task_report x) {
                              report = std::move(x);
                              context.stop();
                            }});
    out->start({.command = command}, deadline);
    return out;
  }

  /// Waits for the end of the command, which is still to be handled.
  static void await_exit() {
    siginfo_t info{};
    REQUIRE(::waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0);
  }

  void run() {
    context.run();
    REQUIRE(report);
  }
};

} // namespace

TEST_CASE("a result is kept if its bridge was stopped until after the "
          "deadline") {
  stopped_bridge bridge;
  auto aut = bridge.start("echo done", boot_clock::now());
  bridge.await_exit();
  bridge.run();
  CHECK(bridge.report->error.value_or("-") == "-");
  CHECK(bridge.report->content == "done\n");
}

TEST_CASE("a result is kept if its dispatch is cancelled before its bridge "
          "notices the end of the command") {
  using namespace std::chrono_literals;
  stopped_bridge bridge;
  auto aut = bridge.start("echo done", boot_clock::now() + 1h);
  bridge.await_exit();
  aut->cancel();
  bridge.run();
  CHECK(bridge.report->error.value_or("-") == "-");
  CHECK(bridge.report->content == "done\n");
}

TEST_CASE("a command that still runs at its deadline is ended") {
  stopped_bridge bridge;
  auto aut = bridge.start("echo done; sleep 60", boot_clock::now());
  bridge.run();
  CHECK(bridge.report->error.value_or("-")
        == "timed_out: not done by the deadline of the dispatch");
}
