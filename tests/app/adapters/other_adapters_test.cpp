#include "app/adapters/agent_run.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

using nlohmann::json;
using shown_lines = std::vector<std::string>;

namespace {

using enum failure_class;

agent_run codex_run(std::shared_ptr<session_totals> totals = {}) {
  agent_run out{agent_kind::codex, {}, std::move(totals)};
  out.prints(R"({"type":"thread.started","thread_id":"t-1"})")
      .prints(R"({"type":"turn.started"})");
  return out;
}

constexpr std::string_view codex_message =
    R"({"type":"item.completed","item":{"id":"item_1",)"
    R"("type":"agent_message","text":"the answer"}})";

std::string codex_usage(int input, int cached, int output) {
  return json{{"type", "turn.completed"},
              {"usage",
               {{"input_tokens", input},
                {"cached_input_tokens", cached},
                {"output_tokens", output}}}}
      .dump();
}

agent_run gemini_run() {
  agent_run out{agent_kind::gemini};
  out.prints(R"({"type":"init","timestamp":"2026-01-31T12:00:00Z",)"
             R"("session_id":"g-1","model":"gemini-x"})");
  return out;
}

std::string opencode_event(std::string_view type, std::string_view members) {
  return R"({"timestamp":1,"sessionID":"ses_1","type":")" + std::string{type}
         + "\"," + std::string{members} + "}";
}

} // namespace

// -- Codex --------------------------------------------------------------------

TEST_CASE("a Codex that is killed has crashed, whatever it complained of") {
  auto report =
      codex_run()
          .prints(R"({"type":"error","message":"Reconnecting... 1/5"})")
          .exits(137);
  CHECK(report.details.failure == failure_class::crashed);
}

TEST_CASE("a stream of Codex's becomes progress and a result") {
  auto x = codex_run();
  x.prints(R"({"type":"item.completed","item":{"type":"reasoning",)"
           R"("text":"Hm."}})")
      .prints(R"({"type":"item.started","item":{"type":"command_execution",)"
              R"("command":"ls","aggregated_output":"",)"
              R"("status":"in_progress"}})")
      .prints(R"({"type":"item.completed","item":{"type":"command_execution",)"
              R"("command":"ls","aggregated_output":"a","exit_code":2,)"
              R"("status":"failed"}})")
      .prints(R"({"type":"item.completed","item":{"type":"command_execution",)"
              R"("command":"rm x","status":"declined"}})")
      .prints(R"({"type":"item.completed","item":{"type":"file_change",)"
              R"("changes":[{"path":"a.cpp","kind":"update"},)"
              R"({"path":"b.cpp","kind":"add"}],"status":"completed"}})")
      .prints(R"({"type":"item.updated","item":{"type":"todo_list",)"
              R"("items":[{"text":"x","completed":true},)"
              R"({"text":"y","completed":false}]}})")
      .prints(R"({"type":"error","message":"Reconnecting... 1/5"})")
      .prints(codex_message)
      .prints(codex_usage(10, 4, 5));
  CHECK(x.has_ended());
  CHECK(x.shown()
        == shown_lines{"session t-1", "Hm.", "command: ls",
                       "command failed: ls", "permission denied: rm x",
                       "edit: a.cpp, b.cpp", "plan: 1 of 2 done",
                       "Reconnecting... 1/5", "the answer"});
  auto report = x.exits(0);
  CHECK(report.content == "the answer");
  CHECK_FALSE(report.error);
  CHECK(report.details.agent_session_id == "t-1");
  CHECK(usage_json(report)
        == json{{"input_tokens", 6},
                {"cache_read_input_tokens", 4},
                {"output_tokens", 5}});
  CHECK(metadata_json(report)["permission_denials"] == json{"rm x"});
}

TEST_CASE("tokens of a Codex thread are counted once") {
  auto totals = std::make_shared<session_totals>();
  (void)codex_run(totals).prints(codex_usage(10, 4, 5)).exits(0);
  auto report = codex_run(totals).prints(codex_usage(30, 10, 9)).exits(0);
  CHECK(usage_json(report)
        == json{{"input_tokens", 14},
                {"cache_read_input_tokens", 6},
                {"output_tokens", 4}});
}

TEST_CASE("failures of Codex's are told apart") {
  auto limited = codex_run()
                     .prints(R"({"type":"turn.failed","error":{"message":)"
                             R"("You've hit your usage limit. Try again in )"
                             R"(1 hour 30 minutes."}})")
                     .exits(1);
  CHECK(limited.details.failure == rate_limited);
  CHECK(limited.details.retry_at == agent_run::now + std::chrono::minutes{90});
  auto lost = codex_run()
                  .prints(R"({"type":"error","message":"401 Unauthorized"})")
                  .exits(1);
  CHECK(lost.error == "401 Unauthorized");
  CHECK(lost.details.failure == auth);
  auto silent = codex_run().prints(codex_message).exits(0);
  CHECK(silent.error == "codex exited without a result");
  CHECK(silent.content == "the answer");
  CHECK(silent.details.failure == crashed);
  auto gone = agent_run{agent_kind::codex}
                  .complains("Error: no rollout found for thread id t-9\n")
                  .exits(1);
  CHECK(gone.details.failure == no_session);
}

TEST_CASE("a new thread in place of the one asked for is reported") {
  agent_run x{agent_kind::codex, "t-0"};
  x.prints(R"({"type":"thread.started","thread_id":"t-1"})")
      .prints(codex_message)
      .prints(codex_usage(1, 0, 1));
  CHECK(metadata_json(x.exits(0))["warnings"]
        == json{"the agent has not continued the session t-0"});
}

// -- Gemini -------------------------------------------------------------------

TEST_CASE("a stream of Gemini's becomes progress and a result") {
  auto x = gemini_run();
  x.prints(R"({"type":"message","role":"user","content":"the prompt"})")
      .prints(R"({"type":"message","role":"assistant","content":"one\ntw",)"
              R"("delta":true})")
      .prints(R"({"type":"message","role":"assistant","content":"o",)"
              R"("delta":true})")
      .prints(R"({"type":"tool_use","tool_name":"read_file","tool_id":"1",)"
              R"("parameters":{"absolute_path":"/w/a"}})")
      .prints(R"({"type":"tool_result","tool_id":"1","status":"error",)"
              R"("error":{"type":"x","message":"not found"}})")
      .prints(R"({"type":"error","severity":"warning","message":"loop"})")
      .prints(R"({"type":"result","status":"success","stats":{)"
              R"("total_tokens":15,"input_tokens":10,"output_tokens":5,)"
              R"("cached":4,"input":6,"duration_ms":1,"tool_calls":1}})");
  CHECK(x.has_ended());
  CHECK(x.shown()
        == shown_lines{"session g-1 with gemini-x", "one", "two",
                       "read_file: /w/a", "tool failed: not found", "loop"});
  auto report = x.exits(0);
  CHECK(report.content == "one\ntwo");
  CHECK(report.details.agent_session_id == "g-1");
  CHECK(usage_json(report)
        == json{{"input_tokens", 6},
                {"cache_read_input_tokens", 4},
                {"output_tokens", 5}});
  CHECK(metadata_json(report)
        == json{{"agent", "gemini"},
                {"model", "gemini-x"},
                {"warnings", {"loop"}}});
}

TEST_CASE("Gemini's single object is understood over many lines") {
  json answer{{"session_id", "g-1"},
              {"response", "the answer"},
              {"stats",
               {{"models",
                 {{"gemini-x",
                   {{"tokens",
                     {{"prompt", 10}, {"cached", 4}, {"candidates", 5}}}}}}}}}};
  auto report = agent_run{agent_kind::gemini}
                    .prints("Loaded cached credentials.")
                    .prints(answer.dump(2))
                    .exits(0);
  CHECK(report.content == "the answer");
  CHECK(usage_json(report)["input_tokens"] == 6);
  CHECK(metadata_json(report)["model"] == "gemini-x");
}

TEST_CASE("exit statuses of Gemini's are told apart") {
  struct exit_case {
    int status;
    std::string_view errors;
    std::string_view error;
    std::optional<failure_class> kind;
  };
  for (const auto& [status, errors, error, kind] : std::vector<exit_case>{
           {41, "", "exit status 41: gemini is not logged in", auth},
           {41,
            "[ERROR] {\n  \"error\": {\n    \"message\": \"set a key\"\n"
            "  }\n}\n",
            "exit status 41: set a key", auth},
           {42, "Error resuming session: no such session\n",
            "exit status 42: Error resuming session: no such session",
            no_session},
           {52, "", "exit status 52: gemini's configuration is invalid",
            std::nullopt},
           {53, "", "exit status 53: gemini used up its turns", max_turns},
           {173, "Error: quota\n", "exit status 173: Error: quota",
            rate_limited},
           {7, "", "exit status 7", crashed},
           {0, "", "gemini exited without a result", crashed}}) {
    CAPTURE(status);
    auto report = agent_run{agent_kind::gemini}.complains(errors).exits(status);
    CHECK(report.error == error);
    if (kind)
      CHECK(report.details.failure == kind);
  }
}

TEST_CASE("an error result of Gemini's is a failure") {
  auto report =
      gemini_run()
          .prints(R"({"type":"result","status":"error","error":)"
                  R"({"type":"x","message":"429 Too Many Requests"}})")
          .exits(0);
  CHECK(report.error == "429 Too Many Requests");
  CHECK(report.details.failure == rate_limited);
}

// -- opencode -----------------------------------------------------------------

TEST_CASE("a stream of opencode's becomes progress and a result") {
  agent_run x{agent_kind::opencode};
  auto step = opencode_event(
      "step_finish", R"("part":{"reason":"tool-calls","cost":0.5,"tokens":)"
                     R"({"input":1,"output":2,"reasoning":3,)"
                     R"("cache":{"read":4,"write":5}}})");
  x.prints(opencode_event("step_start", R"("part":{})"))
      .prints(opencode_event("text", R"("part":{"text":"I look."})"))
      .prints(opencode_event(
          "tool_use", R"("part":{"tool":"bash","state":{"status":"completed",)"
                      R"("input":{"command":"ls"}}})"))
      .prints(step)
      .prints(opencode_event("text", R"("part":{"text":"one"})"))
      .prints(opencode_event("text", R"("part":{"text":"two"})"))
      .prints(step);
  CHECK(x.shown() == shown_lines{"I look.", "bash: ls", "one", "two"});
  auto report = x.exits(0);
  CHECK(report.content == "one\n\ntwo");
  CHECK_FALSE(report.error);
  CHECK(report.details.agent_session_id == "ses_1");
  CHECK(usage_json(report)
        == json{{"total_cost_usd", 1.0},
                {"input_tokens", 2},
                {"output_tokens", 4},
                {"reasoning_output_tokens", 6},
                {"cache_read_input_tokens", 8},
                {"cache_creation_input_tokens", 10}});
}

TEST_CASE("an error of opencode's is a failure even with exit status 0") {
  auto error = opencode_event(
      "error", R"("error":{"name":"APIError","data":{"message":"slow down",)"
               R"("statusCode":429,"isRetryable":true}})");
  auto report = agent_run{agent_kind::opencode}.prints(error).exits(0);
  CHECK(report.error == "slow down");
  CHECK(report.details.failure == rate_limited);
  auto recovered =
      agent_run{agent_kind::opencode}
          .prints(error)
          .prints(opencode_event("text", R"("part":{"text":"done"})"))
          .exits(0);
  CHECK_FALSE(recovered.error);
  CHECK(recovered.content == "done");
  CHECK(metadata_json(recovered)["warnings"] == json{"slow down"});
}

TEST_CASE("opencode without an answer has failed") {
  agent_run x{agent_kind::opencode};
  x.prints(opencode_event("step_start", R"("part":{})"))
      .complains("! permission requested: bash (rm x); auto-rejecting\n");
  auto report = x.exits(0);
  REQUIRE(report.error);
  CHECK(report.error->starts_with("opencode exited without a result: ! perm"));
  auto gone = agent_run{agent_kind::opencode}
                  .complains("Error: Session not found\n")
                  .exits(1);
  CHECK(gone.details.failure == no_session);
}

TEST_CASE("of an answer in pieces that is too long the end is kept") {
  std::string piece(100'000, 'x');
  for (auto kind : {agent_kind::gemini, agent_kind::opencode}) {
    agent_run x{kind};
    auto says = [&](std::string_view text) {
      if (kind == agent_kind::gemini)
        x.prints(json{
            {"type", "message"},
            {"role", "assistant"},
            {"delta", true},
            {"content",
             text}}.dump());
      else
        x.prints(opencode_event("text", R"("part":{"text":")"
                                            + std::string{text} + "\"}"));
    };
    for (auto i = 0; i < 50; ++i)
      says(piece);
    says("the end");
    if (kind == agent_kind::gemini)
      x.prints(R"({"type":"result","status":"success"})");
    auto report = x.exits(0);
    CAPTURE(kind);
    auto length =
        50 * piece.size() + 7 + (kind == agent_kind::opencode ? 50 * 2 : 0);
    CHECK(report.content.starts_with(
        "[" + std::to_string(length - agent_findings::max_answer)
        + " bytes of output before this were omitted]\nxx"));
    CHECK(report.content.ends_with("the end"));
    CHECK_FALSE(report.error);
  }
}

// -- aider --------------------------------------------------------------------

TEST_CASE("aider's text is the answer, and its counts are the usage") {
  agent_run x{agent_kind::aider};
  x.prints("Aider v0.99")
      .prints("Model: m-1 with diff edit format")
      .prints("Done.")
      .prints("Tokens: 2.3k sent, 300 cache hit, 400 received.")
      .prints("Cost: $0.01 message, $0.05 session.");
  auto report = x.exits(0);
  CHECK(report.content.starts_with("Aider v0.99\nModel"));
  CHECK(x.shows("Done."));
  CHECK(usage_json(report)
        == json{{"input_tokens", 2000},
                {"cache_read_input_tokens", 300},
                {"output_tokens", 400},
                {"total_cost_usd", 0.05}});
  CHECK(metadata_json(report)["model"] == "m-1");
  CHECK_FALSE(report.error);
}

TEST_CASE("a call that failed in aider is a failure") {
  auto report = agent_run{agent_kind::aider}
                    .prints("litellm.RateLimitError: slow down")
                    .prints("The API provider is busy.")
                    .exits(0);
  CHECK(report.error == "litellm.RateLimitError: slow down");
  CHECK(report.details.failure == rate_limited);
  auto recovered = agent_run{agent_kind::aider}
                       .prints("litellm.APIConnectionError: lost")
                       .prints("Retrying in 0.2 seconds...")
                       .prints("Tokens: 1k sent, 2 received.")
                       .exits(0);
  CHECK_FALSE(recovered.error);
}
