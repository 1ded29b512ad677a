#include "app/processes/child_process.hpp"
#include "app/processes/task_room.hpp"
#include "app/scratch_dir.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string>

using namespace bridgekeeper::app;

TEST_CASE("a command's output, status and input are passed on") {
  task_room room;
  auto task = room.run("cat; echo oops >&2; exit 3", "run", "text");
  CHECK(task->out == "text\n");
  CHECK(task->err == "oops\n");
  CHECK(task->end->status == 3);
  CHECK(task->end->signal == 0);
  CHECK_FALSE(task->end->problem);
}

TEST_CASE("input that ends with a newline does not get another one") {
  task_room room;
  CHECK(room.run("cat", "run", "a\nb\n")->out == "a\nb\n");
  CHECK(room.run("cat", "run", "")->out.empty());
  CHECK(room.run("read -r x && echo \"$x\"", "run", "text")->out == "text\n");
}

TEST_CASE("a command that ends by a signal says by which") {
  task_room room;
  CHECK(room.run("kill -USR1 $$")->end->signal == SIGUSR1);
}

TEST_CASE("a command has no terminal to wait at") {
  task_room room;
  auto task = room.run("read -r a b c d e sid g </proc/$$/stat;"
                       "[ $sid = $$ ] && echo leader;"
                       "if (: </dev/tty) 2>/dev/null; then echo terminal; fi");
  CHECK(task->out == "leader\n");
}

namespace {

/// A set of signals from /proc/PID/status, without those that libc reserves for
/// itself (32 and 33), which no program can change.
std::uint64_t signals(const std::string& text, const std::string& name) {
  auto place = text.find(name + ":\t");
  REQUIRE(place != std::string::npos);
  auto set = std::stoull(text.substr(place + name.size() + 2), nullptr, 16);
  return set & ~(std::uint64_t{3} << 31U);
}

} // namespace

TEST_CASE("a command has three descriptors and default signals") {
  task_room room;
  // The fourth is the directory that `ls` reads.
  CHECK(room.run("exec ls /proc/self/fd")->out == "0\n1\n2\n3\n");
  auto task = room.run("grep ^Sig /proc/self/status");
  CHECK(signals(task->out, "SigBlk") == 0);
  CHECK(signals(task->out, "SigIgn") == 0);
}

TEST_CASE("under nohup, tasks ignore SIGHUP, too") {
  auto before = ::signal(SIGHUP, SIG_IGN);
  {
    task_room room;
    auto task = room.run("grep ^Sig /proc/self/status");
    CHECK(signals(task->out, "SigIgn") == 1);
  }
  ::signal(SIGHUP, before);
}

TEST_CASE("a working directory that has been removed is named") {
  task_room room;
  auto workdir = (scratch_dir{}).path().string();
  auto task = room.start("echo never", "run", "", workdir);
  room.end(task);
  REQUIRE(task->end->problem);
  CHECK(task->end->problem->find(workdir + " no longer exists")
        != std::string::npos);
  CHECK_FALSE(task->end->lost_supervisor);
  CHECK(task->out.empty());
}

TEST_CASE("a command that is too long to be started says so") {
  task_room room;
  auto task = room.run("true " + std::string(200'000, 'x'));
  REQUIRE(task->end->problem);
  CHECK(task->end->problem->find("longer than the system allows")
        != std::string::npos);
  CHECK(room.run("echo next")->out == "next\n");
}

TEST_CASE("an unknown command has the shell's exit status") {
  task_room room;
  CHECK(room.run("no-such-command-here")->end->status == 127);
}

TEST_CASE("a command runs in its directory and knows it") {
  task_room room;
  scratch_dir place;
  auto task = room.start("pwd -P; echo $PWD", "run", "", place.path().string());
  room.end(task);
  auto name = place.path().string();
  CHECK(task->out
        == std::filesystem::canonical(name).string() + "\n" + name + "\n");
}

TEST_CASE("paused output waits, and ends with the command") {
  task_room room;
  auto task = room.start("read -r x; echo one; echo two", "run", "go");
  task->process->pause();
  room.run_until([&] { return task->process->has_exited(); });
  room.end(task);
  CHECK(task->out == "one\ntwo\n");
}

TEST_CASE("standard error is paused, too") {
  task_room room;
  auto task = room.start("exec yes >&2", "run");
  room.run_until([&] { return !task->err.empty(); });
  task->process->pause();
  // A read that is under way may still deliver one buffer.
  auto limit = task->err.size() + std::size_t{16} * 1024;
  for (auto i = 0; i < 10; ++i)
    room.context.run_one_for(std::chrono::milliseconds{10});
  CHECK(task->err.size() <= limit);
  task->process->resume();
  room.run_until([&] { return task->err.size() > limit; });
  task->process->kill();
  room.end(task);
}

TEST_CASE("a background process that keeps a pipe open is ended") {
  task_room room;
  auto task = room.run("sleep 7311 & echo done", "keeps-pipe");
  CHECK(task->out == "done\n");
  CHECK(task->end->status == 0);
  CHECK(count_processes("ID=keeps-pipe") == 0);
}

TEST_CASE("a process can be terminated before it is known to run") {
  task_room room;
  auto task = room.start("sleep 7312", "early");
  task->process->terminate();
  room.end(task);
  CHECK(task->end->signal == SIGTERM);
  task->process->terminate();
  task->process->kill();
}
