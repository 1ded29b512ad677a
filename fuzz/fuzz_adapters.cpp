// What coding agents print, by all adapters: nothing ends the bridge, progress
// stays in bounds and steers no terminal, and the report is one that a daemon
// can read. Commands and session ids are completed without breaking out of a
// word.

#include "app/adapters/agent_command.hpp"
#include "app/adapters/agent_program.hpp"
#include "app/adapters/shell_words.hpp"
#include "app/adapters/task_output.hpp"
#include "app/text/utf8_text.hpp"
#include "protocol/codec.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "fuzz/expect.hpp"

using namespace bridgekeeper;
using namespace bridgekeeper::app;
using bridgekeeper::fuzz::expect;

namespace {

constexpr std::array kinds{agent_kind::command,  agent_kind::claude,
                           agent_kind::codex,    agent_kind::gemini,
                           agent_kind::opencode, agent_kind::aider};

bool is_visible(std::string_view text) {
  for (; !text.empty(); text.remove_prefix(1)) {
    auto x = control_at(text);
    if (x.length > 0 && !x.is_bidi && x.code != '\n' && x.code != '\t')
      return false;
  }
  return true;
}

void check(const progress_lines& lines) {
  for (const auto& x : lines) {
    expect(x.text.size() <= max_progress_text, "progress is bounded");
    expect(is_visible(x.text), "progress has no control characters");
    expect(repair_utf8(x.text) == x.text, "progress is UTF-8");
    expect(nlohmann::json::accept(x.metadata.str()), "metadata is JSON");
  }
}

void read_output(agent_kind kind, std::string_view text, std::size_t piece,
                 int status) {
  task_output output{{.agent = kind,
                      .errors = stderr_use::progress,
                      .session = "s",
                      .totals = std::make_shared<session_totals>()}};
  for (auto rest = text; !rest.empty();) {
    auto part = rest.substr(0, piece);
    check(output.on_stdout(part));
    check(output.on_quiet());
    rest.remove_prefix(part.size());
  }
  check(output.on_stderr(text));
  (void)output.has_ended();
  auto report = output.finish({.status = status});
  check(report.last_lines);
  expect(report.details.agent_session_id.size() <= max_label_length,
         "a session id is bounded");
  expect(report.details.error_detail.size() <= max_error_detail_length,
         "an error detail is bounded");
  expect(is_visible(report.details.error_detail), "an error detail is plain");
  expect(report.details.metadata.str().size() <= max_object_length
             && nlohmann::json::accept(report.details.metadata.str()),
         "metadata is a JSON object in bounds");
  expect(report.content.size() <= task_output::max_content * 3 + 100,
         "an answer is bounded");
  auto frame = protocol::encode(
      response{message_id{"m"}, agent_id{"a"}, std::move(report.content),
               std::move(report.usage), std::move(report.error)});
  expect(protocol::decode(frame).has_value(), "a daemon can read a report");
}

void complete(std::string_view text) {
  (void)guess_agent(text);
  for (std::string_view command :
       {"claude", "codex exec", "gemini", "opencode run"}) {
    auto plain = complete_command(guess_agent(command), command, {});
    auto with = complete_command(guess_agent(command), command, text);
    auto before = split_simple_command(plain.text);
    auto after = split_simple_command(with.text);
    expect(before && after && after->size() <= before->size() + 3,
           "a session id stays one word");
  }
  // aider has no sessions.
  expect(complete_command(agent_kind::aider, "aider", text).text
             == complete_command(agent_kind::aider, "aider", {}).text,
         "a session id is not passed to aider");
  for (auto kind : kinds)
    (void)complete_command(kind, text, "s");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  auto status = size % 3 == 0 ? 0 : static_cast<int>(size % 256);
  for (auto kind : kinds) {
    read_output(kind, text, size + 1, status);
    read_output(kind, text, size / 3 + 1, 0);
  }
  complete(text);
  return 0;
}
