#include "app/adapters/agent_command.hpp"

#include "app/adapters/agent_program.hpp"
#include "domain/limits.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <span>

namespace bridgekeeper::app {

namespace {

using word_list = std::span<const shell_word>;
using option_names = std::initializer_list<std::string_view>;

/// Options of `codex` and `codex exec` whose value is the next word.
constexpr std::array<std::string_view, 22> codex_values{"-m",
                                                        "--model",
                                                        "-c",
                                                        "--config",
                                                        "-p",
                                                        "--profile",
                                                        "-s",
                                                        "--sandbox",
                                                        "-a",
                                                        "--ask-for-approval",
                                                        "-C",
                                                        "--cd",
                                                        "-i",
                                                        "--image",
                                                        "--add-dir",
                                                        "-o",
                                                        "--output-last-message",
                                                        "--output-schema",
                                                        "--enable",
                                                        "--disable",
                                                        "--color",
                                                        "--local-provider"};

bool has_name(std::string_view word, std::string_view name) {
  if (!word.starts_with(name))
    return false;
  if (word.size() == name.size() || word[name.size()] == '=')
    return true;
  // The value of a short option may follow it in the same word.
  return name.size() == 2 && name[1] != '-';
}

/// Whether one of the options is among the words before `--`.
bool has_option(word_list args, option_names options) {
  for (const auto& word : args) {
    if (word.text == "--")
      return false;
    if (std::ranges::any_of(options, [&](std::string_view x) {
          return has_name(word.text, x);
        }))
      return true;
  }
  return false;
}

/// The value of an option; empty if it is missing.
std::string_view option_value(word_list args, std::string_view option) {
  for (std::size_t i = 0; i < args.size(); ++i) {
    std::string_view word = args[i].text;
    if (word == option)
      return i + 1 < args.size() ? std::string_view{args[i + 1].text}
                                 : std::string_view{};
    if (word.starts_with(option) && word.substr(option.size()).starts_with('='))
      return word.substr(option.size() + 1);
  }
  return {};
}

bool is_option(std::string_view word) {
  return word.size() > 1 && word.starts_with('-');
}

/// The index of the first word that is neither an option nor its value.
std::size_t first_operand(word_list args, std::size_t from) {
  auto takes_value = [](std::string_view word) {
    return std::ranges::find(codex_values, word) != codex_values.end();
  };
  while (from < args.size() && is_option(args[from].text))
    from += takes_value(args[from].text) ? 2 : 1;
  return std::min(from, args.size());
}

bool is_session_id(std::string_view x) {
  return !x.empty() && x.size() <= max_label_length
         && std::ranges::none_of(x, [](char c) {
              return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
            });
}

/// Builds the completed command. Positions are those of the user's command, and
/// insertions are made from the front to the back.
class completion {
public:
  explicit completion(std::string_view command) : command_(command) {}

  void insert(std::size_t at, std::string flag) {
    out_ += command_.substr(done_, at - done_);
    out_ += ' ';
    out_ += flag;
    done_ = at;
    added_.push_back(std::move(flag));
  }

  void continues_session() {
    continues_ = true;
  }

  agent_command take() && {
    out_ += command_.substr(done_);
    return {std::move(out_), std::move(added_), continues_};
  }

private:
  std::string_view command_;
  std::string out_;
  std::size_t done_ = 0;
  std::vector<std::string> added_;
  bool continues_ = false;
};

/// Adds an option whose value comes from outside, in one word: after a blank, a
/// value that begins with a dash would be another option.
void continue_with(completion& out, std::size_t at, std::string_view option,
                   std::string_view session) {
  out.insert(at, std::string{option} + "=" + shell_quoted(session));
  out.continues_session();
}

void complete_claude(completion& out, word_list args,
                     std::string_view session) {
  auto at = args[0].end;
  args = args.subspan(1);
  constexpr std::array<std::string_view, 11> subcommands{
      "agents",  "auth",   "config",      "doctor", "install", "mcp",
      "migrate", "plugin", "setup-token", "update", "upgrade"};
  auto is_subcommand =
      !args.empty()
      && std::ranges::find(subcommands, args[0].text) != subcommands.end();
  // With another input format, the user's own program talks to the agent.
  if (is_subcommand || has_option(args, {"--input-format", "--version", "-v"}))
    return;
  if (!has_option(args, {"-p", "--print"}))
    out.insert(at, "--print");
  if (!has_option(args, {"--output-format"}))
    out.insert(at, "--output-format stream-json");
  auto format = option_value(args, "--output-format");
  if ((format.empty() || format == "stream-json")
      && !has_option(args, {"--verbose"}))
    out.insert(at, "--verbose");
  if (!session.empty()
      && !has_option(args, {"-c", "--continue", "-r", "--resume",
                            "--session-id", "--from-pr"}))
    continue_with(out, at, "--resume", session);
}

/// `exec` takes its own options only before `resume`, and the prompt after it.
void continue_codex(completion& out, word_list args, std::size_t exec,
                    std::string_view session) {
  auto operand = first_operand(args, exec + 1);
  // Of what begins with a dash, codex would make an option.
  if (session.starts_with('-')
      || (operand < args.size()
          && (args[operand].text == "resume" || args[operand].text == "review"
              || args[operand].text == "help")))
    return;
  auto resume = "resume " + shell_quoted(session);
  auto has_prompt = operand < args.size();
  out.insert(args[operand - 1].end, has_prompt ? resume : resume + " -");
  out.continues_session();
}

void complete_codex(completion& out, word_list args, std::string_view session) {
  auto exec = first_operand(args, 1);
  if (exec == args.size()
      || (args[exec].text != "exec" && args[exec].text != "e"))
    return;
  if (!has_option(args.subspan(exec), {"--json", "--experimental-json"}))
    out.insert(args[exec].end, "--json");
  if (!session.empty())
    continue_codex(out, args, exec, session);
}

void complete_gemini(completion& out, word_list args,
                     std::string_view session) {
  auto at = args[0].end;
  args = args.subspan(1);
  constexpr std::array<std::string_view, 4> subcommands{"mcp", "extensions",
                                                        "skills", "hooks"};
  auto is_subcommand =
      !args.empty()
      && std::ranges::find(subcommands, args[0].text) != subcommands.end();
  if (is_subcommand
      || has_option(args, {"--acp", "--experimental-acp", "--list-sessions",
                           "--version", "-v"}))
    return;
  if (!has_option(args, {"-o", "--output-format"}))
    out.insert(at, "--output-format stream-json");
  // To gemini, these are the newest session and one by its place in a list.
  auto names_another =
      session == "latest"
      || session.find_first_not_of("0123456789") == std::string_view::npos;
  if (!names_another && !has_option(args, {"-r", "--resume", "--session-id"}))
    continue_with(out, at, "--resume", session);
}

void complete_opencode(completion& out, word_list args,
                       std::string_view session) {
  auto run =
      std::ranges::find(args, std::string_view{"run"}, &shell_word::text);
  if (run == args.end())
    return;
  auto at = run->end;
  if (!has_option(args, {"--format"}))
    out.insert(at, "--format json");
  if (!session.empty()
      && !has_option(args, {"-s", "--session", "-c", "--continue"}))
    continue_with(out, at, "--session", session);
}

void complete_aider(completion& out, word_list args) {
  auto at = args[0].end;
  args = args.subspan(1);
  if (has_option(args, {"--version", "--gui", "--browser", "--list-models"}))
    return;
  // The task must not be the answer when aider asks something, which it does on
  // standard input: opening /dev/stdin would leave the task there to be read.
  if (!has_option(args, {"-m", "--message", "--msg", "-f", "--message-file"}))
    out.insert(at, "--message-file /dev/fd/3 3<&0 </dev/null");
  for (std::string_view x :
       {"pretty", "stream", "check-update", "show-release-notes", "fancy-input",
        "suggest-shell-commands", "detect-urls", "gitignore"}) {
    auto name = std::string{x};
    if (!has_option(args, {"--" + name, "--no-" + name}))
      out.insert(at, "--no-" + name);
  }
}

} // namespace

agent_command complete_command(agent_kind agent, std::string_view command,
                               std::string_view session) {
  auto found = split_simple_command(command);
  auto program = found ? find_agent(*found) : std::nullopt;
  if (!program || program->kind != agent)
    return {std::string{command}};
  auto args = word_list{*found}.subspan(program->word);
  if (!is_session_id(session))
    session = {};
  completion out{command};
  switch (agent) {
  case agent_kind::claude:
    complete_claude(out, args, session);
    break;
  case agent_kind::codex:
    complete_codex(out, args, session);
    break;
  case agent_kind::gemini:
    complete_gemini(out, args, session);
    break;
  case agent_kind::opencode:
    complete_opencode(out, args, session);
    break;
  case agent_kind::aider:
    complete_aider(out, args);
    break;
  case agent_kind::command:
    break;
  }
  return std::move(out).take();
}

} // namespace bridgekeeper::app
