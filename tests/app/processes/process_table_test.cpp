#include "app/processes/process_signal.hpp"
#include "app/processes/process_table.hpp"
#include "app/scratch_dir.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/wait.h>

using namespace bridgekeeper::app;

TEST_CASE("the table shows this process and its parent") {
  auto table = process_table::read();
  auto self = table.find(::getpid());
  REQUIRE(self != nullptr);
  CHECK(self->parent == ::getppid());
  CHECK(self->session == ::getsid(0));
  CHECK(self->group == ::getpgrp());
  CHECK(self->key.start > 0);
  CHECK_FALSE(self->zombie);
  CHECK(find_process(::getpid())->key == self->key);
}

TEST_CASE("a program's name may look like the rest of its line") {
  auto entry = parse_stat("42 (a) S 1 (b) Z 7 8 9 0 -1 4194560 1 2 3 4 5 6 7 8 "
                          "20 0 1 0 12345 99 99");
  REQUIRE(entry);
  CHECK(entry->key == process_key{42, 12345});
  CHECK(entry->parent == 7);
  CHECK(entry->group == 8);
  CHECK(entry->session == 9);
  CHECK(entry->zombie);
}

TEST_CASE("a damaged line is not a process") {
  for (auto text : {"", "42", "42 (a)", "42 (a) S", "x (a) S 1 1 1",
                    "42 (a) S 1 1 1 0 -1", "42) S 1 1 1 (a"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_stat(text));
  }
}

TEST_CASE("only the variable with exactly this name is read") {
  scratch_dir proc;
  std::filesystem::create_directory(proc.path() / "5");
  std::ofstream file{proc.path() / "5" / "environ"};
  file << "AB=1" << '\0' << "A" << '\0' << "A=2=3" << '\0' << "C=" << '\0';
  file.close();
  CHECK(initial_variable(5, "A", proc.path()) == "2=3");
  CHECK(initial_variable(5, "AB", proc.path()) == "1");
  CHECK(initial_variable(5, "C", proc.path()).empty());
  CHECK(initial_variable(6, "A", proc.path()).empty());
}

TEST_CASE("a process whose number has been used again gets no signal") {
  auto pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    ::pause();
    ::_exit(0);
  }
  auto child = find_process(pid);
  REQUIRE(child);
  CHECK_FALSE(signal_process({pid, child->key.start + 1}, SIGKILL));
  CHECK(::waitpid(pid, nullptr, WNOHANG) == 0);
  CHECK(signal_process(child->key, SIGKILL));
  auto status = 0;
  CHECK(::waitpid(pid, &status, 0) == pid);
  CHECK(WIFSIGNALED(status));
  CHECK_FALSE(signal_process(child->key, SIGKILL));
}
