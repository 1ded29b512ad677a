#include "app/adapters/agent_run.hpp"
#include "app/adapters/usage_sum.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

using nlohmann::json;

namespace {

using enum failure_class;

constexpr std::string_view init =
    R"({"type":"system","subtype":"init","session_id":"s-1",)"
    R"("model":"claude-x","tools":["Bash"],"cwd":"/w"})";

std::string result(std::string_view members) {
  return R"({"type":"result","session_id":"s-1",)" + std::string{members} + "}";
}

std::string success(std::string_view text = "the answer") {
  return result(R"("subtype":"success","is_error":false,"num_turns":2,)"
                R"("total_cost_usd":0.25,)"
                R"("usage":{"input_tokens":3,"output_tokens":4},"result":")"
                + std::string{text} + "\"");
}

std::string says(std::string_view block, std::string_view more = {}) {
  return R"({"type":"assistant","session_id":"s-1","message":{"id":"m",)"
         R"("model":"claude-x","content":[)"
         + std::string{block} + R"(]},"parent_tool_use_id":)"
         + std::string{more.empty() ? "null" : more} + "}";
}

agent_run run() {
  return agent_run{agent_kind::claude};
}

} // namespace

TEST_CASE("a stream of Claude's becomes progress and a result") {
  auto x = run();
  x.prints(init)
      .prints(says(R"({"type":"thinking","thinking":"Hm."})"))
      .prints(says(R"({"type":"text","text":"I look at it."})"))
      .prints(says(R"({"type":"tool_use","id":"t","name":"Bash",)"
                   R"("input":{"command":"git status\ngit log"}})"))
      .prints(R"({"type":"user","session_id":"s-1","parent_tool_use_id":null,)"
              R"("message":{"content":[{"type":"tool_result",)"
              R"("is_error":true,"content":"no such file\nat all"}]}})")
      .prints(says(R"({"type":"tool_use","name":"Read",)"
                   R"("input":{"file_path":"src/a.cpp"}})",
                   "\"t\""))
      .prints(says(R"({"type":"text","text":"secret musings"})", "\"t\""))
      .prints(R"({"type":"new_kind","session_id":"s-1"})");
  CHECK_FALSE(x.has_ended());
  x.prints(success());
  CHECK(x.has_ended());
  CHECK(x.shown()
        == std::vector<std::string>{"session s-1 with claude-x", "Hm.",
                                    "I look at it.",
                                    "Bash: git status\xE2\x80\xA6",
                                    "tool failed: no such file\xE2\x80\xA6",
                                    "subagent: Read: src/a.cpp"});
  auto report = x.exits(0);
  CHECK(report.content == "the answer");
  CHECK_FALSE(report.error);
  CHECK(report.details.agent_session_id == "s-1");
  CHECK(usage_json(report)
        == json{{"input_tokens", 3},
                {"output_tokens", 4},
                {"total_cost_usd", 0.25}});
  CHECK(metadata_json(report)
        == json{{"agent", "claude"}, {"model", "claude-x"}, {"num_turns", 2}});
}

TEST_CASE("every way to print a result of Claude's is understood") {
  auto pretty = json::parse(success()).dump(2);
  std::string array = "[" + std::string{init} + ",\n" + success() + "]";
  for (std::string text :
       {success(), pretty, array, "\xEF\xBB\xBF" + success(),
        "Update available: 9.9\n" + success(),
        "\x1B[?25l\x1B[0m" + success() + "\x1B[0m\n\x1B[?25h",
        success() + "\nlate note",
        std::string{"{\"type\":\"system\",\"subt\n"} + success()}) {
    CAPTURE(text);
    auto report = run().prints(text).exits(0);
    CHECK(report.content == "the answer");
    CHECK(report.details.agent_session_id == "s-1");
    CHECK_FALSE(report.error);
  }
}

TEST_CASE("a line that opens an array does not swallow the stream") {
  for (std::string noise : {"[", "[\"notice\"", "[{", "[\n\n1"}) {
    CAPTURE(noise);
    auto x = run();
    x.prints(noise).prints(init);
    CHECK(x.shows(noise.substr(0, noise.find('\n'))));
    CHECK(x.shows("session s-1 with claude-x"));
    CHECK(x.prints(success()).exits(0).content == "the answer");
  }
}

TEST_CASE("the elements of an array may have lines of their own") {
  auto array = "[\n" + std::string{init} + ",\n" + success("first") + ",\n"
               + success() + "\n]";
  auto x = run();
  CHECK(x.prints(array).exits(0).content == "the answer");
}

TEST_CASE("a result is found after megabytes of other messages") {
  auto x = run();
  auto large =
      says(R"({"type":"text","text":")" + std::string(500'000, 'x') + "\"}");
  for (auto i = 0; i < 4; ++i)
    x.prints(large);
  x.prints(R"({"type":"user","session_id":"s-1","x":")"
           + std::string(5 * mebibyte, 'y') + "\"}");
  CHECK(x.prints(success()).exits(0).content == "the answer");
}

TEST_CASE("failures of Claude's are told apart") {
  struct failure_case {
    std::string_view members;
    std::string_view error;
    std::optional<failure_class> kind;
  };
  for (
      const auto& [members, error, kind] : std::vector<failure_case>{
          {R"("subtype":"success","is_error":true,"result":"API Error: 529 x")",
           "API Error: 529 x", rate_limited},
          {R"("subtype":"success","is_error":true,"api_error_status":401,)"
           R"("result":"no")",
           "no", auth},
          {R"("subtype":"error_max_turns","is_error":false)", "error_max_turns",
           max_turns},
          {R"("subtype":"error_max_budget_usd","is_error":true)",
           "error_max_budget_usd", budget},
          {R"("subtype":"error_during_execution","is_error":true,)"
           R"("errors":["one","two"])",
           "one; two", std::nullopt},
          {R"("subtype":"error_during_execution","is_error":true,)"
           R"("errors":["No conversation found with session ID: q"])",
           "No conversation found with session ID: q", no_session},
          {R"("subtype":"success","is_error":true,)"
           R"("terminal_reason":"prompt_too_long","result":"long")",
           "long", context_too_long},
          {R"("subtype":"success","is_error":true,)"
           R"("result":"Invalid API key · Please run /login")",
           "Invalid API key · Please run /login", auth},
          {R"("subtype":"success","is_error":true,)"
           R"("result":"Credit balance is too low")",
           "Credit balance is too low", budget},
          {R"("is_error":true,"result":"")", "the command reports an error",
           std::nullopt},
      }) {
    CAPTURE(members);
    for (auto status : {0, 1}) {
      auto report = run().prints(init).prints(result(members)).exits(status);
      CHECK(report.error == error);
      CHECK(report.details.failure == kind);
    }
  }
}

TEST_CASE("a rate limit says when to try again") {
  auto limited = result(R"("subtype":"success","is_error":true,)"
                        R"x("result":"You've hit your session limit)x"
                        R"x( · resets 3pm (UTC)")x");
  auto report = run().prints(limited).exits(1);
  CHECK(report.details.failure == rate_limited);
  CHECK(report.details.retry_at == agent_run::now + std::chrono::hours{3});
  auto x = run();
  x.prints(R"({"type":"rate_limit_event","session_id":"s-1",)"
           R"("rate_limit_info":{"status":"rejected",)"
           R"("resetsAt":1769868000,"rateLimitType":"five_hour"}})");
  CHECK(x.shows("rate limit: rejected (five_hour), resets at "
                "2026-01-31T14:00:00Z"));
  report = x.prints(limited).exits(1);
  CHECK(report.details.retry_at == agent_run::now + std::chrono::hours{2});
}

TEST_CASE("retries are shown") {
  auto x = run();
  x.prints(R"({"type":"system","subtype":"api_retry","session_id":"s-1",)"
           R"("attempt":2,"max_retries":10,"retry_delay_ms":4600,)"
           R"("error_status":529,"error":"overloaded"})");
  CHECK(x.shows("retrying in 5 s (attempt 2 of 10): overloaded"));
}

TEST_CASE("a spurious result after a success does not change the outcome") {
  auto second = result(R"("subtype":"error_during_execution","is_error":true,)"
                       R"("total_cost_usd":0.25,"usage":{"output_tokens":0},)"
                       R"("errors":["stray"])");
  auto report = run().prints(success()).prints(second).exits(1);
  CHECK_FALSE(report.error);
  CHECK(report.content == "the answer");
  CHECK(usage_json(report)["total_cost_usd"] == 0.25);
  CHECK(usage_json(report)["output_tokens"] == 4);
  CHECK(metadata_json(report)["warnings"]
        == json{"an error was reported after the result: stray",
                "exit status 1 after the result"});
}

TEST_CASE("turns, tokens and cost of several results are not lost") {
  auto x = run();
  x.prints(result(R"("subtype":"success","result":"first","num_turns":3,)"
                  R"("total_cost_usd":0.25,"usage":{"input_tokens":3,)"
                  R"("output_tokens":4,"service_tier":"standard",)"
                  R"("server_tool_use":{"web_search_requests":1}})"))
      .prints(
          result(R"("subtype":"error_during_execution","num_turns":1,)"
                 R"("usage":{"output_tokens":2,"cache_read_input_tokens":7})"))
      .prints(result(R"("subtype":"success","result":"last","num_turns":2,)"
                     R"("total_cost_usd":0.5,"usage":{"input_tokens":10,)"
                     R"("output_tokens":20,"service_tier":"priority",)"
                     R"("server_tool_use":{"web_search_requests":2}})"));
  auto report = x.exits(0);
  CHECK(report.content == "last");
  CHECK(usage_json(report)
        == json{{"input_tokens", 13},
                {"output_tokens", 26},
                {"cache_read_input_tokens", 7},
                {"service_tier", "priority"},
                {"server_tool_use", {{"web_search_requests", 3}}},
                {"total_cost_usd", 0.5}});
  CHECK(metadata_json(report)["num_turns"] == 6);
  CHECK(metadata_json(report)["warnings"]
        == json{"an error was reported after the result: "
                "error_during_execution",
                "the agent has given more than one answer; this is the last "
                "one"});
}

TEST_CASE("a usage that grows with every result stays in bounds") {
  auto x = run();
  for (std::size_t i = 0; i < 2 * usage_sum::max_members; ++i)
    x.prints(result(R"("result":"x","usage":{"output_tokens":1,"n)"
                    + std::to_string(i) + "\":1}"));
  auto usage = usage_json(x.exits(0));
  CHECK(usage.size() == usage_sum::max_members);
  CHECK(usage["output_tokens"] == 2 * usage_sum::max_members);
}

TEST_CASE("a later turn's success replaces an error") {
  auto report = run()
                    .prints(result(R"("subtype":"error_during_execution")"))
                    .prints(success())
                    .exits(0);
  CHECK_FALSE(report.error);
  CHECK(report.content == "the answer");
}

TEST_CASE("a result without text is filled from elsewhere") {
  auto structured = result(R"("subtype":"success","is_error":false,)"
                           R"("result":"","structured_output":{"a":[1]})");
  CHECK(run().prints(structured).exits(0).content == R"({"a":[1]})");
  auto report = run()
                    .prints(says(R"({"type":"text","text":"last words"})"))
                    .prints(success(""))
                    .exits(0);
  CHECK(report.content == "last words");
}

TEST_CASE("an agent that ends without a result has failed") {
  auto x = run();
  x.prints(init).prints(says(R"({"type":"text","text":"so far"})"));
  auto report = x.exits(0);
  CHECK(report.error == "claude exited without a result");
  CHECK(report.details.failure == crashed);
  CHECK(report.content == "so far");
  CHECK(run().prints(init).exits(1).error == "exit status 1");
  CHECK(run().prints(init).ends({.signal = 9}).details.failure == crashed);
  CHECK(run().exits(0).error == "claude exited without a result");
}

TEST_CASE("text of Claude's is the answer, except a missing login") {
  auto report = run().prints("Just text.").exits(0);
  CHECK(report.content == "Just text.\n");
  CHECK_FALSE(report.error);
  for (auto status : {0, 1}) {
    report = run().prints("Not logged in · Please run /login").exits(status);
    REQUIRE(report.error);
    CHECK(report.error->ends_with("Not logged in · Please run /login"));
    CHECK(report.details.failure == auth);
  }
}

TEST_CASE("output that is not Claude's is never dropped") {
  auto report = run().prints(R"({"result":"passed","tests":3})").exits(0);
  CHECK(report.content == "{\"result\":\"passed\",\"tests\":3}\n");
  CHECK_FALSE(report.error);
}

TEST_CASE("an unknown session is told from other failures") {
  auto report =
      run().complains("No conversation found with session ID: x\n").exits(1);
  CHECK(report.error
        == "exit status 1: No conversation found with session ID: x");
  CHECK(report.details.failure == no_session);
}

TEST_CASE("what the bridge has decided comes before what the agent says") {
  auto report = run().prints(success()).ends(
      {.signal = 15, .problem = "time is up", .failure = timed_out});
  CHECK(report.error == "time is up");
  CHECK(report.details.failure == timed_out);
  CHECK(report.details.agent_session_id == "s-1");
  CHECK(report.content == "the answer");
}

TEST_CASE("how the bridge ended a process does not change its result") {
  task_end ended{.signal = 15, .remark = "it did not exit, and was ended"};
  auto success_report = run().prints(success()).ends(ended);
  CHECK_FALSE(success_report.error);
  CHECK_FALSE(success_report.details.failure);
  CHECK(success_report.content == "the answer");
  CHECK(metadata_json(success_report)["warnings"]
        == json{"it did not exit, and was ended"});
  auto failure_report =
      run()
          .prints(result(R"("subtype":"error_max_turns","is_error":true)"))
          .ends(ended);
  CHECK(failure_report.error
        == "error_max_turns; it did not exit, and was ended");
  CHECK(failure_report.details.failure == max_turns);
}

TEST_CASE("a usage that cannot be read costs only itself") {
  for (std::string_view usage :
       {R"("usage":{"input_tokens":1e999})", R"("usage":{"input_tokens":NaN})",
        R"("usage":7)", R"("usage":{"input_tokens":-5,"output_tokens":"4"})",
        R"("total_cost_usd":-1)", R"("total_cost_usd":1e999)"}) {
    CAPTURE(usage);
    auto report =
        run()
            .prints(result(R"("result":"the answer",)" + std::string{usage}))
            .exits(0);
    CHECK(report.content == "the answer");
    CHECK(report.usage.str() == "{}");
    CHECK_FALSE(report.error);
  }
}

TEST_CASE("a usage that is too large is dropped rather than the answer") {
  auto large = R"("result":"the answer","usage":{"x":")"
               + std::string(max_object_length, 'x') + "\"}";
  auto report = run().prints(result(large)).exits(0);
  CHECK(report.content == "the answer");
  CHECK(report.usage.str() == "{}");
}

TEST_CASE("the cost of a continued session is what it has grown by") {
  auto totals = std::make_shared<session_totals>();
  agent_run first{agent_kind::claude, {}, totals};
  CHECK(usage_json(first.prints(success()).exits(0))["total_cost_usd"] == 0.25);
  agent_run second{agent_kind::claude, "s-1", totals};
  second.prints(result(R"("result":"x","total_cost_usd":0.3)"))
      .prints(result(R"("result":"y","total_cost_usd":0.45)"));
  CHECK(usage_json(second.exits(0))["total_cost_usd"] == 0.2);
}

TEST_CASE("the cost of a fork is what it adds to the session it came from") {
  auto cost_of_fork = [](bool continues_session) {
    auto totals = std::make_shared<session_totals>();
    (void)agent_run{agent_kind::claude, {}, totals}.prints(success()).exits(0);
    agent_run x{agent_kind::claude, "s-1", totals, continues_session};
    x.prints(R"({"type":"result","session_id":"s-2","result":"x",)"
             R"("total_cost_usd":0.3})");
    return usage_json(x.exits(0))["total_cost_usd"];
  };
  CHECK(cost_of_fork(true) == 0.05);
  // This one is a new session.
  CHECK(cost_of_fork(false) == 0.3);
}

TEST_CASE("denied permissions are reported") {
  auto report =
      run()
          .prints(result(R"("result":"x","permission_denials":[{"tool_name":)"
                         R"("Bash","tool_use_id":"t","tool_input":)"
                         R"({"command":"rm -r x"}}])"))
          .exits(0);
  CHECK(metadata_json(report)["permission_denials"] == json{"Bash: rm -r x"});
}

TEST_CASE("an agent that waits for background tasks has not ended") {
  auto x = run();
  x.prints(R"({"type":"system","subtype":"task_started","task_id":"b",)"
           R"("session_id":"s-1","description":"review"})")
      .prints(success("waiting"));
  CHECK_FALSE(x.has_ended());
  x.prints(R"({"type":"system","subtype":"task_notification","task_id":"b",)"
           R"("session_id":"s-1","status":"completed","summary":"done"})")
      .prints(init)
      .prints(success("final"));
  CHECK(x.has_ended());
  CHECK(x.exits(0).content == "final");
}

TEST_CASE("an agent has ended when its last background task has") {
  auto started = [](std::string_view id) {
    return R"({"type":"system","subtype":"task_started","task_id":")"
           + std::string{id} + R"(","session_id":"s-1"})";
  };
  auto ended = [](std::string_view id) {
    return R"({"type":"system","subtype":"task_updated","task_id":")"
           + std::string{id}
           + R"(","session_id":"s-1","patch":{"status":"killed"}})";
  };
  auto x = run();
  x.prints(init).prints(started("a")).prints(started("b")).prints(ended("a"));
  CHECK_FALSE(x.has_ended());
  x.prints(success());
  CHECK_FALSE(x.has_ended());
  x.prints(ended("b"));
  CHECK(x.has_ended());
  // Each of these is more work.
  x.prints(started("c"));
  CHECK_FALSE(x.has_ended());
  x.prints(ended("c"));
  CHECK(x.has_ended());
  x.prints(says(R"({"type":"text","text":"more"})"));
  CHECK_FALSE(x.has_ended());
  x.prints(success());
  CHECK(x.has_ended());
  x.prints(init);
  CHECK_FALSE(x.has_ended());
}

TEST_CASE("JSON that is nested too deeply is text") {
  for (std::size_t depth : {65U, 100'000U}) {
    auto deep = std::string(depth, '[') + std::string(depth, ']');
    auto x = run();
    x.prints(deep).prints(success());
    CHECK(x.exits(0).content == "the answer");
    CHECK(run().prints(deep).exits(0).content == deep + "\n");
  }
}
