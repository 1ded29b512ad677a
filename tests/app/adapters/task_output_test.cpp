#include "app/adapters/task_output.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

using lines = std::vector<std::string>;

namespace {

constexpr const char* report =
    R"({"type":"result","subtype":"success","is_error":false,)"
    R"("result":"the answer","total_cost_usd":0.01,)"
    R"("usage":{"input_tokens":3,"output_tokens":4},"session_id":"s"})";

lines printed(const progress_lines& x) {
  lines out;
  for (const auto& line : x)
    out.push_back(line.text);
  return out;
}

/// What comes of a command that prints `text` and exits with `status`.
task_report after(std::string_view text, int status = 0,
                  std::string_view errors = "") {
  task_output output;
  (void)output.on_stdout(text);
  (void)output.on_stderr(errors);
  return output.finish({.status = status});
}

} // namespace

// -- plain output -------------------------------------------------------------

TEST_CASE("each complete line is progress and all of it the answer") {
  task_output output;
  CHECK(printed(output.on_stdout("one\ntw")) == lines{"one"});
  CHECK(printed(output.on_stdout("o\nrest")) == lines{"two"});
  auto x = output.finish({});
  CHECK(x.content == "one\ntwo\nrest");
  CHECK(x.last_lines.empty());
  CHECK(x.usage.str() == "{}");
  CHECK_FALSE(x.error);
}

TEST_CASE("a command that prints nothing answers nothing") {
  auto x = after("");
  CHECK(x.content.empty());
  CHECK_FALSE(x.error);
}

TEST_CASE("blank lines are no progress but part of the answer") {
  task_output output;
  CHECK(printed(output.on_stdout("\n  \na\n")) == lines{"a"});
  CHECK(output.finish({}).content == "\n  \na\n");
}

TEST_CASE("an answer that is no text is made text") {
  CHECK(after("\xFF!").content == "\xEF\xBF\xBD!");
}

TEST_CASE("of a flood the end is the answer, and it says so") {
  task_output output;
  std::string line(999, 'x');
  line += '\n';
  for (auto i = 0; i < 2000; ++i)
    (void)output.on_stdout(line);
  (void)output.on_stdout("the end\n");
  auto content = output.finish({}).content;
  CHECK(content.starts_with("[1078408 bytes of output before this were "
                            "omitted]\nxxx"));
  CHECK(content.ends_with("x\nthe end\n"));
  CHECK(content.size() < task_output::max_content + 100);
}

TEST_CASE("the end of a flood begins with a whole character") {
  task_output output;
  std::string euros;
  for (std::size_t i = 0; i < task_output::max_content / 3 + 10; ++i)
    euros += "\xE2\x82\xAC";
  (void)output.on_stdout(euros + ".");
  auto content = output.finish({}).content;
  CHECK(content.find("\xEF\xBF\xBD") == std::string::npos);
  CHECK(content.find("]\n\xE2\x82\xAC") != std::string::npos);
}

// -- failures -----------------------------------------------------------------

TEST_CASE("an exit status is explained by the last line of the errors") {
  auto x = after("some\n", 3, "first\nlast: no such file\n\n");
  CHECK(x.content == "some\n");
  CHECK(x.error == "exit status 3: last: no such file");
  CHECK(after("", 1).error == "exit status 1");
  CHECK(after("", 1, "\n \n").error == "exit status 1");
  CHECK(after("", 1, "  no end").error == "exit status 1: no end");
}

TEST_CASE("errors that did no harm are not reported") {
  CHECK_FALSE(after("fine\n", 0, "warning: tired\n").error);
}

TEST_CASE("a signal is named") {
  task_output output;
  CHECK(output.finish({.signal = 9}).error == "killed by signal 9 (Killed)");
}

TEST_CASE("a task that was not let finish says why, whatever it printed") {
  task_output output;
  (void)output.on_stdout(report);
  auto x = output.finish({.signal = 15, .problem = "time is up"});
  CHECK(x.error == "time is up");
  CHECK(x.content == "the answer");
}

TEST_CASE("of many errors the last is still known") {
  task_output output;
  for (auto i = 0; i < 1000; ++i)
    (void)output.on_stderr(std::string(1000, 'e') + "\n");
  (void)output.on_stderr("the cause\n");
  CHECK(output.finish({.status = 2}).error == "exit status 2: the cause");
}

TEST_CASE("an error of one endless line stays short") {
  auto x = after("", 1, std::string(60'000, 'e'));
  REQUIRE(x.error);
  CHECK(x.error->size() < 9000);
}

// -- sessions -----------------------------------------------------------------

TEST_CASE("an agent that was not told to continue its session is reported") {
  auto warnings = [](agent_kind kind, std::string_view text, bool continues) {
    task_output output{
        {.agent = kind, .session = "s-0", .continues_session = continues}};
    (void)output.on_stdout(text);
    auto metadata =
        nlohmann::json::parse(output.finish({}).details.metadata.str());
    return metadata.value("warnings", lines{});
  };
  lines untold{"the agent was not told to continue the session s-0"};
  constexpr std::string_view other =
      R"({"type":"result","result":"x","session_id":"s-1"})";
  constexpr std::string_view same =
      R"({"type":"result","result":"x","session_id":"s-0"})";
  CHECK(warnings(agent_kind::claude, other, false) == untold);
  CHECK(warnings(agent_kind::aider, "Aider\n", false) == untold);
  CHECK(warnings(agent_kind::claude, other, true).empty());
  // The command may have done so by itself.
  CHECK(warnings(agent_kind::claude, same, false).empty());
  CHECK(warnings(agent_kind::command, "x", false).empty());
}

// -- a command's own report ---------------------------------------------------

TEST_CASE("a JSON object with a result is answered with that result") {
  auto x = after(report);
  CHECK(x.content == "the answer");
  CHECK(nlohmann::json::parse(x.usage.str())
        == nlohmann::json{{"input_tokens", 3},
                          {"output_tokens", 4},
                          {"total_cost_usd", 0.01}});
  CHECK_FALSE(x.error);
}

TEST_CASE("the JSON line is no progress") {
  task_output output;
  CHECK(output.on_stdout(std::string{report} + "\n").empty());
  auto x = output.finish({});
  CHECK(x.last_lines.empty());
  CHECK(x.content == "the answer");
}

TEST_CASE("a line that only looked like JSON becomes progress at the end") {
  task_output output;
  CHECK(output.on_stdout("{\"a\":1}\n").empty());
  auto x = output.finish({});
  CHECK(printed(x.last_lines) == lines{"{\"a\":1}"});
  CHECK(x.content == "{\"a\":1}\n");
}

TEST_CASE("a line that only looked like JSON becomes progress with the next") {
  task_output output;
  CHECK(output.on_stdout("{ not\n\n").empty());
  CHECK(printed(output.on_stdout("json\n")) == lines{"{ not", "json"});
  auto x = output.finish({});
  CHECK(x.last_lines.empty());
  CHECK(x.content == "{ not\n\njson\n");
}

TEST_CASE("a later line that looks like JSON is not held back") {
  task_output output;
  CHECK(printed(output.on_stdout("hello\n{\"a\":1}\n"))
        == lines{"hello", "{\"a\":1}"});
}

TEST_CASE("a reported error is the error, and the exit status only otherwise") {
  auto reported = after(
      R"({"type":"result","is_error":true,"result":"credit is used up"})", 1);
  CHECK(reported.content == "credit is used up");
  CHECK(reported.error == "credit is used up");
  CHECK(after(R"({"type":"result","is_error":true,)"
              R"("subtype":"error_max_turns"})")
            .error
        == "error_max_turns");
  CHECK(after(R"({"type":"result","is_error":true,"result":""})").error
        == "the command reports an error");
  CHECK(after(report, 7).error == "exit status 7");
}

TEST_CASE("a report may lack usage, cost and text") {
  CHECK(after(R"({"type":"result","result":"x"})").usage.str() == "{}");
  CHECK(after(R"({"type":"result","result":"x","usage":7})").usage.str()
        == "{}");
  CHECK(after(R"({"type":"result","result":"x","total_cost_usd":"free"})")
            .usage.str()
        == "{}");
  CHECK(
      after(R"({"type":"result","result":"x","total_cost_usd":2})").usage.str()
      == R"({"total_cost_usd":2})");
  CHECK(after(R"({"type":"result","result":{"files":[1]}})").content
        == R"({"files":[1]})");
  CHECK(after(R"({"type":"result","result":null})").content.empty());
}

TEST_CASE("a report with bytes that are no text is still a report") {
  CHECK(after("{\"type\":\"result\",\"result\":\"a\xFFz\"}").content
        == "a\xEF\xBF\xBDz");
}

TEST_CASE("two JSON objects are no report") {
  auto x = after(R"({"result":"a"} {"result":"b"})");
  CHECK(x.content == R"({"result":"a"} {"result":"b"})");
}

TEST_CASE("an object with a result is a report only if it says so") {
  for (std::string_view text :
       {R"({"result":"passed","tests":12})",
        R"({"jsonrpc":"2.0","id":1,"result":{"ok":true}})",
        R"({"result":"passed","is_error":false})",
        R"({"type":"summary","result":"x","session_id":"s","num_turns":1})"}) {
    CAPTURE(text);
    CHECK(after(text).content == text);
    CHECK(after(text).details == response_details{});
  }
  for (std::string_view text :
       {R"({"type":"result","result":"x"})",
        R"({"subtype":"success","is_error":false,"result":"x"})",
        R"({"session_id":"s","num_turns":3,"result":"x"})"}) {
    CAPTURE(text);
    CHECK(after(text).content == "x");
  }
}

TEST_CASE("a report that nests too deep is answered as the text it is") {
  for (auto place : {"result", "usage", "session_id"}) {
    CAPTURE(place);
    for (auto depth : {64, 100'000}) {
      auto deep = std::string(static_cast<std::size_t>(depth), '[')
                  + std::string(static_cast<std::size_t>(depth), ']');
      auto text = std::string{R"({"type":"result","result":"x",")"} + place
                  + "\":" + deep + "}";
      auto x = after(text);
      CHECK(x.content == text);
      CHECK(x.usage.str() == "{}");
    }
  }
}

TEST_CASE("a report that nests 64 deep is still a report") {
  auto deep = std::string(63, '[') + std::string(63, ']');
  auto x = after(R"({"type":"result","result":)" + deep + R"(,"usage":{}})");
  CHECK(x.content == deep);
}
