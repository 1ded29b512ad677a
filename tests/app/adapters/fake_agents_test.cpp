// The fakes in tests/support/agents refuse flags that the real agents do not
// know, so these tests show that completed commands are accepted, and that what
// then is printed is understood.

#include "app/adapters/agent_command.hpp"
#include "app/adapters/agent_program.hpp"
#include "app/adapters/agent_run.hpp"
#include "app/adapters/shell_words.hpp"
#include "domain/trimmed.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

/// The folder in which the fakes of one test keep their sessions.
class agent_home {
public:
  agent_home() {
    std::string name = std::filesystem::temp_directory_path() / "agents-XXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }

  agent_home(const agent_home&) = delete;

  agent_home& operator=(const agent_home&) = delete;

  ~agent_home() {
    std::filesystem::remove_all(path_);
  }

  /// Runs the command as a bridge does.
  [[nodiscard]] task_report run(std::string_view command,
                                std::string_view prompt,
                                const std::string& session = {}) const {
    auto kind = guess_agent(command);
    auto errors = path_ / "errors";
    auto input = path_ / "input";
    std::ofstream{input} << prompt;
    auto full = "cd " BRIDGEKEEPER_SOURCE_DIR
                "/tests/support/agents && env PATH=\".:$PATH\" "
                "PYTHONDONTWRITEBYTECODE=1 FAKE_AGENT_HOME="
                + shell_quoted(path_.string()) + " sh -c "
                + shell_quoted(complete_command(kind, command, session).text)
                + " <" + shell_quoted(input.string()) + " 2>"
                + shell_quoted(errors.string());
    auto* pipe = popen(full.c_str(), "r");
    REQUIRE(pipe != nullptr);
    task_output output{{.agent = kind, .session = session}};
    std::string bytes(65'536, '\0');
    while (auto count = fread(bytes.data(), 1, bytes.size(), pipe))
      (void)output.on_stdout(std::string_view{bytes}.substr(0, count));
    auto status = pclose(pipe);
    std::stringstream text;
    text << std::ifstream{errors}.rdbuf();
    (void)output.on_stderr(text.str());
    return output.finish({.status = WEXITSTATUS(status)}, agent_run::now);
  }

private:
  std::filesystem::path path_;
};

struct end_case {
  std::string_view command;
  std::string_view prompt;
  failure_class kind;
};

} // namespace

TEST_CASE("the fakes' answers are understood with every command") {
  agent_home home;
  for (std::string_view command :
       {"claude", "claude -p --output-format json",
        "claude -p --output-format json --verbose",
        "claude -p --output-format text", "codex exec", "gemini",
        "gemini -o json", "opencode run"}) {
    CAPTURE(command);
    auto report = home.run(command, "hello flood");
    CHECK(trimmed(report.content) == "echo: hello flood");
    CHECK_FALSE(report.error);
  }
  auto report = home.run("aider --yes-always", "hello");
  CHECK(report.content.find("\necho: hello\n") != std::string::npos);
  CHECK(usage_json(report)["total_cost_usd"] == 0.05);
}

TEST_CASE("aider's questions are not answered with the task") {
  agent_home home;
  for (std::string_view command :
       {"aider --yes-always", "X=1 env Y=2 timeout 60 aider", "exec aider"}) {
    CAPTURE(command);
    auto report = home.run(command, "ask-back\nyes\n");
    CHECK(report.content.find("\nno answer\n") != std::string::npos);
    CHECK(report.content.find("\necho: ask-back\nyes\n") != std::string::npos);
  }
}

TEST_CASE("the fakes remember what they were told before") {
  agent_home home;
  for (std::string_view command :
       {"claude", "codex exec", "codex exec -", "gemini", "opencode run"}) {
    CAPTURE(command);
    auto first = home.run(command, "hello");
    auto session = first.details.agent_session_id;
    REQUIRE_FALSE(session.empty());
    auto second = home.run(command, "recall", session);
    CHECK(second.content == "earlier: hello");
    CHECK(second.details.agent_session_id == session);
    auto unknown = home.run(command, "recall", "no-such-session");
    CHECK(unknown.details.failure == failure_class::no_session);
  }
}

TEST_CASE("the fakes' failures are told apart") {
  using enum failure_class;
  agent_home home;
  for (const auto& [command, prompt, kind] : std::vector<end_case>{
           {"claude", "rate-limit", rate_limited},
           {"claude", "auth", auth},
           {"claude", "max-turns", max_turns},
           {"codex exec", "rate-limit", rate_limited},
           {"codex exec", "auth", auth},
           {"gemini", "rate-limit", rate_limited},
           {"gemini -o json", "rate-limit", rate_limited},
           {"gemini", "auth", auth},
           {"gemini", "max-turns", max_turns},
           {"opencode run", "rate-limit", rate_limited},
           {"opencode run", "auth", auth},
           {"aider", "rate-limit", rate_limited},
           {"aider", "auth", auth},
       }) {
    CAPTURE(command);
    CAPTURE(prompt);
    auto report = home.run(command, prompt);
    CHECK(report.error);
    CHECK(report.details.failure == kind);
  }
  for (std::string_view command :
       {"claude", "codex exec", "gemini", "opencode run"}) {
    auto error = home.run(command, "fail").error;
    REQUIRE(error);
    CHECK(*error == "the tool is broken");
  }
}
