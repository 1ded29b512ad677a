#include "app/processes/start_failure.hpp"

#include <doctest/doctest.h>

#include <cerrno>

using namespace bridgekeeper::app;

namespace {

bool says(start_stage stage, int error, const char* words) {
  return describe_start_failure(stage, error, "/x").find(words)
         != std::string::npos;
}

} // namespace

TEST_CASE("each failure to start has words of its own") {
  CHECK(says(start_stage::workdir, ENOENT,
             "The working directory /x no longer exists"));
  CHECK(says(start_stage::workdir, ENOTDIR, "is not a directory any more"));
  CHECK(says(start_stage::workdir, EACCES, "Permission denied"));
  CHECK(says(start_stage::process, EAGAIN, "limit of processes"));
  CHECK(says(start_stage::process, EMFILE, "too many files"));
  CHECK(says(start_stage::shell, E2BIG, "longer than the system allows"));
  CHECK(says(start_stage::shell, ENOENT, "/bin/sh"));
  CHECK(says(start_stage::supervisor, ENOMEM, "task supervisor"));
}

TEST_CASE("the shell's own exit statuses are explained") {
  CHECK(shell_verdict(127) == "the command was not found");
  CHECK(shell_verdict(126) == "the command cannot be executed");
  CHECK_FALSE(shell_verdict(1));
}

TEST_CASE("a start that hangs names the working directory") {
  auto text =
      describe_start_failure(start_stage::time_limit, ETIMEDOUT, "/net/work");
  CHECK(text.find("within 30 s") != std::string::npos);
  CHECK(text.find("/net/work hangs") != std::string::npos);
}
