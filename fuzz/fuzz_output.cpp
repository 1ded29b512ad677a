// What an agent's command prints, and what a daemon answers to our commands:
// neither ends the bridge or the command, what the bridge passes on is a frame
// that a daemon can read, and what a person is shown steers no terminal.

#include "app/adapters/task_output.hpp"
#include "app/client/agent_table.hpp"
#include "app/client/control_messages.hpp"
#include "app/client/event_line.hpp"
#include "app/client/server_address.hpp"
#include "app/text/utf8_text.hpp"
#include "protocol/codec.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/expect.hpp"

using namespace bridgekeeper;
using namespace bridgekeeper::app;
using bridgekeeper::fuzz::expect;

namespace {

/// In two pieces: a pipe cuts where it likes.
task_report report_of(std::string_view text) {
  task_output output;
  auto half = text.size() / 2;
  (void)output.on_stdout(text.substr(0, half));
  (void)output.on_stdout(text.substr(half));
  (void)output.on_stderr(text);
  return output.finish({.status = text.empty() ? 0 : 1});
}

void pass_on(task_report report) {
  auto frame = protocol::encode(
      response{message_id{"m"}, agent_id{"a"}, std::move(report.content),
               std::move(report.usage), std::move(report.error)});
  expect(protocol::decode(frame).has_value(), "a daemon can read a report");
}

bool is_harmless(std::string_view text) {
  for (; !text.empty(); text.remove_prefix(1)) {
    auto x = control_at(text);
    if (x.length > 0 && x.code != '\n' && x.code != '\t')
      return false;
  }
  return true;
}

/// Whatever is written before it; `text` may go on about the depth.
void read_answer(std::string_view text) {
  if (auto answer = decode_answer(text))
    if (auto list = std::get_if<agents_answer>(&*answer))
      expect(is_harmless(agent_table(list->json, {})),
             "a table steers no terminal");
  expect(is_harmless(agent_table(text, {})), "a table steers no terminal");
  expect(is_harmless(event_line(text)), "an event steers no terminal");
  (void)parse_daemon_file(text);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  pass_on(report_of(text));
  read_answer(text);
  expect(is_harmless(printable(text)), "printable text steers no terminal");
  if (nlohmann::json::accept(text))
    expect(nlohmann::json::accept(printable_json(text)), "JSON stays JSON");
  return 0;
}
