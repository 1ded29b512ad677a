#include "app/processes/hangup.hpp"
#include "app/processes/secrets.hpp"

#include <doctest/doctest.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

using namespace bridgekeeper::app;

namespace {

/// What main.cpp does for this test, in a process that has the variable from
/// its start, because only that shows in /proc/self/environ.
constexpr const char* mode = "print-environment-without-secrets";

std::string output_of(std::array<const char*, 4> environment) {
  std::array<int, 2> fds{};
  REQUIRE(::pipe(fds.data()) == 0);
  auto pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    ::dup2(fds[1], STDOUT_FILENO);
    ::execle("/proc/self/exe", "test_app", mode, nullptr, environment.data());
    ::_exit(1);
  }
  ::close(fds[1]);
  std::string out;
  std::array<char, 4096> buffer{};
  for (;;) {
    auto count = ::read(fds[0], buffer.data(), buffer.size());
    if (count <= 0)
      break;
    out.append(buffer.data(), static_cast<std::size_t>(count));
  }
  ::close(fds[0]);
  ::waitpid(pid, nullptr, 0);
  return out;
}

} // namespace

TEST_CASE("erased tokens are not in /proc/PID/environ any more") {
  auto out = output_of({"VIBEFORGE_AUTH_TOKEN=hunter2", "KEPT=kept-value",
                        "BRIDGEKEEPER_TOKEN=hunter2", nullptr});
  CHECK(out.find("hunter2") == std::string::npos);
  CHECK(out.find("KEPT=kept-value") != std::string::npos);
  CHECK(out.find("getenv: none") != std::string::npos);
}

TEST_CASE("an entry is a secret by its whole name") {
  CHECK(is_secret_entry("BRIDGEKEEPER_TOKEN=x"));
  CHECK(is_secret_entry("VIBEFORGE_AUTH_TOKENS"));
  CHECK_FALSE(is_secret_entry("BRIDGEKEEPER_TOKEN_FILE=x"));
  CHECK_FALSE(is_secret_entry("BRIDGEKEEPER=x"));
}

TEST_CASE("a program under nohup ignores SIGHUP") {
  CHECK_FALSE(ignores_hangup());
  auto before = ::signal(SIGHUP, SIG_IGN);
  CHECK(ignores_hangup());
  ::signal(SIGHUP, before);
}
