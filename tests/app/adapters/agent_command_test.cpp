#include "app/adapters/agent_command.hpp"
#include "app/adapters/agent_program.hpp"
#include "app/adapters/shell_words.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <string>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

using enum agent_kind;

std::string completed(std::string_view command, std::string_view session = {}) {
  return complete_command(guess_agent(command), command, session).text;
}

struct guess {
  std::string_view command;
  agent_kind kind;
};

struct completion_case {
  std::string_view command;
  std::string_view session;
  std::string_view expected;
};

} // namespace

TEST_CASE("agent kinds have names") {
  for (auto kind : {command, claude, codex, gemini, opencode, aider})
    CHECK(to_agent_kind(to_string(kind)) == kind);
  CHECK_FALSE(to_agent_kind("Claude"));
}

TEST_CASE("the agent is guessed from a simple command") {
  for (const auto& x : std::vector<guess>{
           {"claude --print", claude},
           {"  claude", claude},
           {"/usr/local/bin/claude -p\n", claude},
           {"$HOME/bin/claude -p", claude},
           {"\"/opt/my tools/codex\" exec", codex},
           {"A=1 B='x y' claude -p", claude},
           {"env -u X -i A=b gemini", gemini},
           {"exec claude", claude},
           {"nohup nice -n 5 opencode run", opencode},
           {"timeout -k 5 --signal=TERM 600 aider", aider},
           {"setsid codex exec", codex},
           {"npx -y @anthropic-ai/claude-code@2.1 -p", claude},
           {"npx --yes @openai/codex exec", codex},
           {"bunx opencode-ai run", opencode},
           {"npx claude", claude},
           {"claude-wrapper", command},
           {"my/claude/run", command},
           {"python3 claude", command},
           {"cd src && claude -p", command},
           {"claude -p | tee log", command},
           {"claude -p > log", command},
           {"claude -p; true", command},
           {"claude -p &", command},
           {"claude \"$(cat prompt)\"", command},
           {"claude `cat prompt`", command},
           {"(claude)", command},
           {"if claude; then :; fi", command},
           {"! claude", command},
           {"claude 'open", command},
           {"claude -p # comment", command},
           {"claude\ncodex", command},
           {"timeout 5", command},
           {"A=1", command},
           {"", command},
       }) {
    CAPTURE(x.command);
    CHECK(guess_agent(x.command) == x.kind);
  }
}

TEST_CASE("an operator within quotes is a part of a word") {
  CHECK(guess_agent("claude --append-system-prompt 'a; b | c > d'") == claude);
  CHECK(guess_agent("claude --model \"a & b\" x\\;y") == claude);
}

TEST_CASE("flags are added unless the user gave others") {
  for (const auto& x : std::vector<completion_case>{
           {"claude", "",
            "claude --print --output-format stream-json --verbose"},
           {"A=1 claude -p --model x", "",
            "A=1 claude --output-format stream-json --verbose -p --model x"},
           {"claude --print --output-format json", "",
            "claude --print --output-format json"},
           {"claude -p --output-format=text", "",
            "claude -p --output-format=text"},
           {"claude -p --output-format stream-json", "",
            "claude --verbose -p --output-format stream-json"},
           {"claude -p --input-format stream-json", "",
            "claude -p --input-format stream-json"},
           {"claude mcp list", "", "claude mcp list"},
           {"codex exec", "", "codex exec --json"},
           {"codex -m gpt exec --sandbox workspace-write -", "",
            "codex -m gpt exec --json --sandbox workspace-write -"},
           {"codex e --experimental-json", "", "codex e --experimental-json"},
           {"codex", "", "codex"},
           {"codex login", "", "codex login"},
           {"gemini --approval-mode yolo", "",
            "gemini --output-format stream-json --approval-mode yolo"},
           {"gemini -o json", "", "gemini -o json"},
           {"gemini mcp list", "", "gemini mcp list"},
           {"opencode run -m a/b", "", "opencode run --format json -m a/b"},
           {"opencode run --format default", "",
            "opencode run --format default"},
           {"opencode serve", "", "opencode serve"},
           {"aider --yes-always --stream", "",
            "aider --message-file /dev/fd/3 3<&0 </dev/null --no-pretty "
            "--no-check-update --no-show-release-notes --no-fancy-input "
            "--no-suggest-shell-commands --no-detect-urls --no-gitignore "
            "--yes-always --stream"},
           {"aider -m 'say hi' --no-pretty", "",
            "aider --no-stream --no-check-update --no-show-release-notes "
            "--no-fancy-input --no-suggest-shell-commands --no-detect-urls "
            "--no-gitignore -m 'say hi' --no-pretty"},
           {"cat | claude", "", "cat | claude"},
       }) {
    CAPTURE(x.command);
    CHECK(completed(x.command, x.session) == x.expected);
  }
}

TEST_CASE("a session is continued unless the user chose one") {
  for (const auto& x : std::vector<completion_case>{
           {"claude -p --output-format json", "id-1",
            "claude --resume=id-1 -p --output-format json"},
           {"claude -p --output-format json", "-rf; rm $HOME 'x'",
            "claude --resume='-rf; rm $HOME '\\''x'\\''' -p --output-format "
            "json"},
           {"claude -p --output-format json --continue", "id",
            "claude -p --output-format json --continue"},
           {"claude -p --output-format json -r other", "id",
            "claude -p --output-format json -r other"},
           {"codex exec --json", "t-1", "codex exec --json resume t-1 -"},
           {"codex exec --json -m gpt -", "t-1",
            "codex exec --json -m gpt resume t-1 -"},
           {"codex exec --json 'do it'", "t-1",
            "codex exec --json resume t-1 'do it'"},
           {"codex exec", "t-1", "codex exec --json resume t-1 -"},
           {"codex exec --json resume old -", "t-1",
            "codex exec --json resume old -"},
           {"codex exec --json", "--last", "codex exec --json"},
           {"gemini -o json", "g-1", "gemini --resume=g-1 -o json"},
           {"gemini -o json", "latest", "gemini -o json"},
           {"gemini -o json", "3", "gemini -o json"},
           {"opencode run --format json", "ses_1",
            "opencode run --session=ses_1 --format json"},
           {"opencode run --format json -c", "ses_1",
            "opencode run --format json -c"},
           {"./script", "s", "./script"},
       }) {
    CAPTURE(x.command);
    CHECK(completed(x.command, x.session) == x.expected);
    CHECK(complete_command(guess_agent(x.command), x.command, x.session)
              .continues_session
          == (x.expected.find(x.session.substr(0, 3)) != std::string::npos
              && x.command != x.expected));
  }
}

TEST_CASE("a session id with control characters or without end is ignored") {
  std::string_view plain = "claude -p --output-format json";
  for (std::string session :
       {std::string{"a\nb"}, std::string{"a\0b", 3}, std::string(257, 'x')})
    CHECK(completed(plain, session) == plain);
}

TEST_CASE("what was added is told") {
  auto x = complete_command(codex, "codex exec", "t");
  CHECK(x.added == std::vector<std::string>{"--json", "resume t -"});
  CHECK(complete_command(claude, "codex exec", "t").added.empty());
}

TEST_CASE("a shell reads quoted text as it was") {
  for (std::string text : {"", "plain", "two words", "it's", "$HOME `x` \\",
                           "-x", "*?[]!#~", "a\nb", "'\"'"}) {
    CAPTURE(text);
    auto pipe = popen(("printf %s " + shell_quoted(text)).c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string out(100, '\0');
    out.resize(fread(out.data(), 1, out.size(), pipe));
    pclose(pipe);
    CHECK(out == text);
  }
}
