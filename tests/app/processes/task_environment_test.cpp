#include "app/processes/task_environment.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace bridgekeeper::app;

namespace {

environment_map made(environment_map base, const environment_rules& rules = {},
                     const task_environment::variables& own = {}) {
  environment_map out;
  for (const auto& x :
       task_environment{std::move(base), rules}.for_task("/work", own))
    out.emplace(x.substr(0, x.find('=')), x.substr(x.find('=') + 1));
  return out;
}

} // namespace

TEST_CASE("tasks get neither tokens nor the marks of a surrounding agent") {
  environment_map base;
  for (auto name :
       {"BRIDGEKEEPER_TOKEN", "BRIDGEKEEPER_AUTH_TOKENS",
        "VIBEFORGE_AUTH_TOKEN", "VIBEFORGE_AUTH_TOKENS", "CLAUDECODE",
        "CLAUDE_CODE_CHILD_SESSION", "CLAUDE_CODE_SESSION_ID",
        "CLAUDE_CODE_ENTRYPOINT", "CLAUDE_CODE_SSE_PORT", "CLAUDE_EFFORT",
        "CLAUDE_PROJECT_DIR", "CODEX_SANDBOX", "CODEX_SANDBOX_NETWORK_DISABLED",
        "CODEX_THREAD_ID", "GEMINI_CLI", "GEMINI_CLI_IDE_SERVER_PORT", "TMUX"})
    base.emplace(name, "x");
  for (const auto& [name, value] : made(base))
    CHECK_FALSE(base.contains(name));
}

TEST_CASE("tasks get nothing of the bridge's service manager or its trace") {
  environment_map base;
  for (auto name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
                    "JOURNAL_STREAM", "CREDENTIALS_DIRECTORY", "LISTEN_FDS",
                    "LISTEN_PID", "MAINPID", "TRACEPARENT", "TRACESTATE"})
    base.emplace(name, "x");
  for (const auto& [name, value] : made(base))
    CHECK_FALSE(base.contains(name));
  CHECK(made(base, {}, {{"TRACEPARENT", "of the task"}})["TRACEPARENT"]
        == "of the task");
}

TEST_CASE("tasks get what users set for agents") {
  environment_map base;
  for (auto name :
       {"CLAUDE_CONFIG_DIR", "CLAUDE_CODE_OAUTH_TOKEN",
        "CLAUDE_CODE_MAX_RETRIES", "ANTHROPIC_API_KEY", "OPENAI_API_KEY",
        "CODEX_HOME", "GEMINI_CLI_HOME", "HTTPS_PROXY", "PATH", "HOME"})
    base.emplace(name, "x");
  auto out = made(base);
  for (const auto& [name, value] : base) {
    CAPTURE(name);
    CHECK(out[name] == "x");
  }
}

TEST_CASE("programs are told that there is no terminal") {
  auto out = made({{"TERM", "xterm"}});
  CHECK(out["TERM"] == "dumb");
  CHECK(out["NO_COLOR"] == "1");
  CHECK(out["GIT_TERMINAL_PROMPT"] == "0");
}

TEST_CASE("what the user sets for tasks has precedence") {
  CHECK(made({{"GIT_TERMINAL_PROMPT", "1"}})["GIT_TERMINAL_PROMPT"] == "1");
  environment_rules rules{{}, {{"TERM", "xterm"}, {"CLAUDECODE", "1"}}};
  auto out = made({{"TERM", "vt100"}}, rules);
  CHECK(out["TERM"] == "xterm");
  CHECK(out["CLAUDECODE"] == "1");
}

TEST_CASE("variables can be left out by name or by prefix") {
  environment_rules rules{{"AWS_*", "SECRET", "NO_COLOR"},
                          {{"AWS_REGION", "x"}}};
  auto out = made({{"AWS_KEY", "1"}, {"SECRET", "2"}, {"SECRETS", "3"}}, rules);
  CHECK_FALSE(out.contains("AWS_KEY"));
  CHECK_FALSE(out.contains("SECRET"));
  CHECK_FALSE(out.contains("NO_COLOR"));
  CHECK(out["SECRETS"] == "3");
  CHECK(out["AWS_REGION"] == "x");
}

TEST_CASE("a task knows its directory and its own variables") {
  auto out = made({{"PWD", "/old"}, {"OLDPWD", "/older"}, {"A", "base"}},
                  {{}, {{"A", "file"}}}, {{"A", "own"}});
  CHECK(out["PWD"] == "/work");
  CHECK_FALSE(out.contains("OLDPWD"));
  CHECK(out["A"] == "own");
}
