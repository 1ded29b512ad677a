#include "app/processes/task_room.hpp"
#include "app/processes/task_supervisor.hpp"
#include "app/scratch_dir.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

using namespace bridgekeeper::app;

namespace {

/// Starts processes that a signal to the process group would not reach. `sleep`
/// is given a number by which tests find all of them.
std::string runaways(const std::string& number) {
  auto sleep = "sleep " + number;
  return "setsid " + sleep + " & nohup " + sleep + " >/dev/null 2>&1 & timeout "
         + number + " " + sleep + " & (setsid sh -c '" + sleep + " & exec "
         + sleep + "' &) ; setsid sh -c 'trap \"\" HUP; " + sleep + " & ' ;";
}

/// A daemon that nothing ties to its task: no session, parent or environment.
std::string hidden_daemon(const std::string& number) {
  // Returns when the daemon has closed its standard output.
  return "up=$(setsid -f env -i /bin/sh -c 'exec sleep " + number
         + " >/dev/null 2>&1');";
}

std::string read(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream{path}.rdbuf();
  return out.str();
}

} // namespace

TEST_CASE("terminating a task ends whatever it has started") {
  task_room room;
  auto task = room.start_ready(runaways("81001") + "echo ready; sleep 81001",
                               "runaways");
  task->process->terminate();
  room.end(task);
  CHECK(task->end->signal == SIGTERM);
  CHECK(count_processes("81001") == 0);
  CHECK(count_processes("ID=runaways") == 0);
}

TEST_CASE("what a successful task leaves behind is ended") {
  task_room room;
  auto task = room.run(runaways("81002") + "echo done", "leftovers");
  CHECK(task->out.find("done") != std::string::npos);
  CHECK(task->end->status == 0);
  CHECK(count_processes("81002") == 0);
}

TEST_CASE("a daemon without any trace of its task ends with it") {
  task_room room;
  auto task = room.run(hidden_daemon("81003") + "echo done", "hidden");
  CHECK(task->out == "done\n");
  room.run_until([] { return count_processes("81003") == 0; });
}

TEST_CASE("a hidden daemon does not end while its task may still run") {
  task_room room;
  auto older = room.start_ready(
      hidden_daemon("81004") + "echo ready; exec sleep 9999", "older");
  room.run("true", "younger");
  CHECK(count_processes("81004") == 1);
  older->process->terminate();
  room.end(older);
  room.run_until([] { return count_processes("81004") == 0; });
}

TEST_CASE("leftovers may be kept, but not those of a terminated task") {
  supervisor_options options;
  options.leftover_policy = leftovers::keep;
  {
    task_room room{options};
    auto task =
        room.start("exec >/dev/null 2>&1; setsid sleep 81005 & exit 0", "kept");
    room.end(task);
    CHECK(task->end->status == 0);
    auto other = room.start_ready("sleep 81006 & echo ready; wait", "not-kept");
    other->process->terminate();
    room.end(other);
    CHECK(count_processes("81006") == 0);
  }
  // The supervisor has ended, too.
  CHECK(count_processes("81005") == 1);
  auto table = process_table::read();
  for (const auto& x : table.entries())
    if (initial_variable(x.key.pid, task_mark).starts_with("kept."))
      ::kill(x.key.pid, SIGKILL);
}

TEST_CASE("a task that ignores SIGTERM is killed after the delay") {
  supervisor_options options;
  options.kill_delay = std::chrono::milliseconds{100};
  task_room room{options};
  auto task = room.start_ready("trap '' TERM; echo ready; while :; do "
                               "sleep 81007; done",
                               "stubborn");
  task->process->terminate();
  room.end(task);
  CHECK(task->end->signal == SIGKILL);
  CHECK(count_processes("81007") == 0);
}

TEST_CASE("a task may clean up when it is terminated") {
  task_room room;
  auto task = room.start_ready(
      "trap 'echo cleaned; exit 5' TERM; echo ready; sleep 81008 & wait",
      "clean");
  task->process->terminate();
  room.end(task);
  CHECK(task->out == "ready\ncleaned\n");
  CHECK(task->end->status == 5);
}

TEST_CASE("killing a task does not wait") {
  supervisor_options options;
  options.kill_delay = std::chrono::hours{1};
  task_room room{options};
  auto command = "trap '' TERM; echo ready; while :; do sleep 81009; done";
  auto task = room.start_ready(command, "killed");
  task->process->kill();
  room.end(task);
  CHECK(task->end->signal == SIGKILL);
  auto other = room.start_ready(command, "killed");
  other->process->terminate();
  other->process->kill();
  room.end(other);
  CHECK(other->end->signal == SIGKILL);
  CHECK(count_processes("81009") == 0);
}

TEST_CASE("a stopped task can be terminated") {
  supervisor_options options;
  options.kill_delay = std::chrono::hours{1};
  task_room room{options};
  auto task = room.start_ready("echo ready; kill -STOP $$", "stopped");
  task->process->terminate();
  room.end(task);
  CHECK(task->end->signal == SIGTERM);
}

TEST_CASE("tasks end with their bridge") {
  task_room room;
  auto task = room.start_ready(runaways("81010") + hidden_daemon("81010")
                                   + "echo ready; sleep 81010",
                               "orphaned");
  // A bridge that is killed closes the channel, too.
  auto pid = room.supervisor->pid();
  room.supervisor.reset();
  room.run_until([] { return count_processes("81010") == 0; });
  room.run_until([pid] {
    auto entry = find_process(pid);
    return !entry || entry->zombie;
  });
}

TEST_CASE("a killed supervisor takes its tasks along, and is replaced") {
  task_room room;
  auto task = room.start_ready(runaways("81011") + hidden_daemon("81011")
                                   + "echo ready; sleep 81011",
                               "lost");
  auto first = room.supervisor->pid();
  ::kill(first, SIGKILL);
  room.end(task);
  REQUIRE(task->end->problem);
  CHECK(task->end->problem->find("ended unexpectedly") != std::string::npos);
  CHECK(task->end->lost_supervisor);
  room.run_until([] { return count_processes("81011") == 0; });
  CHECK(room.run("echo again")->out == "again\n");
  CHECK(room.supervisor->pid() != first);
  // Its zombie has been reaped, and those of the tasks.
  room.run_until([] { return count_children() == 1; });
}

TEST_CASE("a task that was asked for when the supervisor died fails") {
  task_room room;
  ::kill(room.supervisor->pid(), SIGSTOP);
  auto task = room.start("sleep 81012", "in-flight");
  ::kill(room.supervisor->pid(), SIGKILL);
  room.end(task);
  CHECK(task->end->problem);
  CHECK(count_processes("ID=in-flight") == 0);
}

TEST_CASE("a task that the supervisor cannot be told to start fails") {
  task_room room;
  std::string why;
  auto unexpected = [](auto...) { FAIL("only the start should fail"); };
  room.supervisor->start({"true", "", {}}, {},
                         {[&](std::string x) { why = std::move(x); },
                          unexpected, unexpected, unexpected});
  room.run_until([&] { return !why.empty(); });
  CHECK(why == "The command cannot be started: Bad file descriptor.");
  CHECK(room.run("echo next")->out == "next\n");
}

TEST_CASE("the supervisor has no token, no terminal and few descriptors") {
  ::setenv("BRIDGEKEEPER_TOKEN", "hunter2", 1);
  task_room room;
  ::unsetenv("BRIDGEKEEPER_TOKEN");
  CHECK(room.run("env")->out.find("hunter2") == std::string::npos);
  auto pid = room.supervisor->pid();
  auto place = "/proc/" + std::to_string(pid);
  CHECK(read(place + "/environ").find("hunter2") == std::string::npos);
  CHECK(read(place + "/comm") == "task-supervisor\n");
  CHECK(find_process(pid)->session == pid);
  for (auto number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGTSTP})
    ::kill(pid, number);
  // Standard ones, the channel, and what the event loop needs. The pipe that
  // tells about a start may be closed a moment later.
  auto has_few = [pid] { return count_descriptors(pid) <= 10; };
  room.run_until(has_few);
  CHECK(room.run("echo still there")->out == "still there\n");
  room.run_until(has_few);
}

TEST_CASE("200 tasks of all kinds leave nothing behind") {
  const std::vector<std::string> kinds{
      "echo ok",
      "exit 3",
      "kill -KILL $$",
      "setsid sleep 81020 >/dev/null 2>&1 &",
      "setsid -f env -i sleep 81020 >/dev/null 2>&1",
      "exec >&- 2>&-; sleep 0.05",
      "cat >/dev/null; nohup sleep 81020 >/dev/null 2>&1 & exit 1",
      "no-such-command",
  };
  constexpr std::size_t count = 200;
  constexpr std::size_t slots = 8;
  auto children = count_children();
  std::size_t descriptors = 0;
  {
    task_room room;
    room.run("true");
    descriptors = count_descriptors(::getpid());
    std::vector<std::shared_ptr<test_task>> running;
    for (std::size_t i = 0; i < count; ++i) {
      running.push_back(room.start(kinds[(i * 7 + i / 8) % kinds.size()],
                                   "many-" + std::to_string(i), "input"));
      if (i % 11 == 0)
        running.back()->process->terminate();
      room.run_until([&] {
        std::erase_if(running,
                      [](const auto& x) { return x->end.has_value(); });
        return running.size() < slots;
      });
    }
    room.run_until([&] {
      std::erase_if(running, [](const auto& x) { return x->end.has_value(); });
      return running.empty();
    });
    // Orphans that might have belonged to a task that still ran end with the
    // next task.
    room.run("true");
    room.run_until([] { return count_processes("81020") == 0; });
    CHECK(count_processes("ID=many-") == 0);
    CHECK(count_descriptors(::getpid()) == descriptors);
    CHECK(count_children() == children + 1);
  }
  CHECK(count_children() == children);
}
