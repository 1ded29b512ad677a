#include "app/client/control_messages.hpp"
#include "domain/dispatch_record.hpp"
#include "domain/event.hpp"
#include "protocol/event_json.hpp"
#include "protocol/record_json.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

template <class T>
T read(std::string_view frame) {
  auto x = decode_answer(frame);
  REQUIRE(x.has_value());
  REQUIRE(std::holds_alternative<T>(*x));
  return std::get<T>(*x);
}

template <class T>
T reread(const std::string& request) {
  auto x = protocol::decode_control(request);
  REQUIRE(std::holds_alternative<protocol::control_request>(x));
  return std::get<T>(std::get<protocol::control_request>(x));
}

const message_id message{"m-1"};
const agent_id agent{"shop-1"};

} // namespace

// -- what we write, the daemon reads ------------------------------------------

TEST_CASE("a dispatch arrives as it was meant") {
  using namespace std::chrono_literals;
  protocol::control_dispatch x;
  x.id = "7";
  x.agent = agent;
  x.body.content = "line\n\"quoted\" \xC3\xBC";
  x.body.context = json_object{R"({"a":[1]})"};
  x.body.options.timeout = 1500ms;
  auto y = reread<protocol::control_dispatch>(encode_request(x));
  CHECK(y.id == "7");
  CHECK(y.agent == agent);
  CHECK(y.body.content == x.body.content);
  CHECK(y.body.context == x.body.context);
  CHECK(y.body.options.timeout == 1500ms);
  CHECK_FALSE(y.quiet);
}

TEST_CASE("a dispatch without a deadline leaves it to the daemon") {
  protocol::control_dispatch x;
  x.agent = agent;
  CHECK_FALSE(reread<protocol::control_dispatch>(encode_request(x))
                  .body.options.timeout);
}

TEST_CASE("a dispatch has its idempotency key, if there is one") {
  protocol::control_dispatch x;
  x.agent = agent;
  auto key_of = [](const auto& sent) {
    return reread<protocol::control_dispatch>(encode_request(sent))
        .body.idempotency_key;
  };
  CHECK(key_of(x).empty());
  x.body.idempotency_key = "publish-1.4 \"\xC3\xBC\"";
  CHECK(key_of(x) == x.body.idempotency_key);
}

TEST_CASE("the options of a dispatch arrive as they were meant") {
  using namespace std::chrono_literals;
  protocol::control_dispatch x;
  x.agent = agent;
  x.body.options.queue_timeout = 30s;
  x.body.options.total_timeout = 1h;
  x.body.options.retry = {3, true, false, true};
  x.body.options.backoff = 1500ms;
  x.body.options.priority = dispatch_priority::low;
  x.body.followup_to = message_id{"m-0"};
  auto y = reread<protocol::control_dispatch>(encode_request(x));
  CHECK(y.body.options == x.body.options);
  CHECK(y.body.followup_to == x.body.followup_to);
  CHECK(y.body.require.empty());
}

TEST_CASE("a dispatch may require capabilities instead of naming an agent") {
  protocol::control_dispatch x;
  x.body.require = {"gpu", "\"quoted\""};
  auto y = reread<protocol::control_dispatch>(encode_request(x));
  CHECK(y.agent.str().empty());
  CHECK(y.body.require == x.body.require);
}

TEST_CASE("an acceptance names the agent, if one has been chosen") {
  CHECK(read<accepted_answer>(protocol::encode_accepted("1", message, agent))
            .agent_id
        == "shop-1");
  CHECK(read<accepted_answer>(protocol::encode_accepted("1", message, {}))
            .agent_id.empty());
}

TEST_CASE("a subscription names one agent or none") {
  using subscribe = protocol::control_subscribe;
  CHECK_FALSE(reread<subscribe>(encode_request(subscribe{"1", {}})).agent);
  CHECK(reread<subscribe>(encode_request(subscribe{"1", agent})).agent
        == agent);
}

TEST_CASE("a list is asked for") {
  using list = protocol::control_list;
  CHECK(reread<list>(encode_request(list{"x"})).id == "x");
}

TEST_CASE("a dispatch is asked about by its message id") {
  using inquiry = protocol::control_inquiry;
  auto x = reread<inquiry>(encode_request(inquiry{"x", message}));
  CHECK(x.id == "x");
  CHECK(x.message == message);
}

// -- what the daemon writes, we read ------------------------------------------

TEST_CASE("an accepted dispatch has its message id") {
  auto x =
      read<accepted_answer>(protocol::encode_accepted("1", message, agent));
  CHECK(x.message_id == "m-1");
}

TEST_CASE("progress has its text") {
  auto x = read<progress_answer>(
      protocol::encode_progress("1", {message, agent, "running", "half", {}}));
  CHECK(x.status == "running");
  CHECK(x.text == "half");
}

TEST_CASE("a response has its content and its error") {
  std::chrono::duration<double> took{0.5};
  auto good = read<response_answer>(
      protocol::encode_response("1", {message, agent, "yes", {}, {}}, took));
  CHECK(good.message_id == "m-1");
  CHECK(good.content == "yes");
  CHECK_FALSE(good.error);
  auto bad = read<response_answer>(
      protocol::encode_response("1", {message, agent, "", {}, "boom"}, took));
  CHECK(bad.error == "boom");
}

TEST_CASE("an error has its code and its words") {
  auto x = read<error_answer>(
      protocol::encode_error("1", nullptr, {errc::agent_not_connected, {}}));
  CHECK(x.code == "agent_not_connected");
  CHECK(x.detail == "Agent is not connected");
  CHECK(x.message_id.empty());
  x = read<error_answer>(
      protocol::encode_error("1", &message, {errc::unknown_dispatch, {}}));
  CHECK(x.message_id == "m-1");
}

TEST_CASE("an event keeps its JSON") {
  event event;
  event.agent = agent;
  event.body = agent_disconnected{};
  auto x = read<event_answer>(protocol::encode_event_head("1", event.sequence)
                              + protocol::encode(event) + "}");
  CHECK(x.json == protocol::encode(event));
}

TEST_CASE("a list of agents keeps its JSON and its length") {
  auto x = read<agents_answer>(
      protocol::encode_agents("1", R"([{"agent_id":"a"}])", 1));
  CHECK(x.json == R"([{"agent_id":"a"}])");
  CHECK(x.total == 1);
}

TEST_CASE("a record says how far its dispatch has come") {
  dispatch_record record;
  record.message = message;
  record.agent = agent;
  record.status = dispatch_status::running;
  auto json = protocol::encode(record);
  auto running = read<record_answer>(protocol::encode_record("1", json));
  CHECK(running.message_id == "m-1");
  CHECK(running.agent_id == "shop-1");
  CHECK(running.json == json);
  CHECK_FALSE(running.finished());
  CHECK_FALSE(running.error);
  record.status = dispatch_status::error;
  record.why = failure{errc::task_failed, "boom"};
  record.result = std::make_shared<const response>(
      response{message, agent, "half", {}, "boom"});
  auto failed = read<record_answer>(
      protocol::encode_record("1", protocol::encode(record)));
  CHECK(failed.finished());
  CHECK(failed.content == "half");
  CHECK(failed.error == "boom");
  CHECK(failed.reason == "task_failed");
}

TEST_CASE("what a bridge says about a failure arrives with the answer and "
          "with the record") {
  response_details details;
  details.failure = failure_class::idle;
  details.retry_at = timestamp{std::chrono::seconds{1'800'000'000}};
  details.error_detail = "Error: x\n";
  auto result = std::make_shared<const response>(
      response{message,
               agent,
               "half",
               {},
               "boom",
               std::make_shared<const response_details>(details)});
  auto check = [](const failure_note& x) {
    CHECK(x.failure == "idle");
    CHECK(x.retry_at == "2027-01-15T08:00:00.000000+00:00");
    CHECK(x.error_detail == "Error: x\n");
  };
  using namespace std::chrono_literals;
  check(
      read<response_answer>(protocol::encode_response("1", *result, 1s)).note);
  dispatch_record record;
  record.message = message;
  record.agent = agent;
  record.status = dispatch_status::error;
  record.result = result;
  check(read<record_answer>(
            protocol::encode_record("1", protocol::encode(record)))
            .note);
}

TEST_CASE("a request for a task arrives, and so does its answer") {
  auto request = encode_request(protocol::control_task{"7", agent});
  CHECK(reread<protocol::control_task>(request).agent == agent);
  auto task = read<task_answer>(protocol::encode_task(
      "7", R"({"agent_id":"shop-1","status":"running","message_id":"m-1",)"
           R"("error":null,"dispatched_at":"now"})"));
  CHECK(task.agent_id == "shop-1");
  CHECK(task.status == "running");
  CHECK(task.message_id == "m-1");
  CHECK(task.dispatched_at == "now");
}

TEST_CASE("an error says when the same request may succeed") {
  using namespace std::chrono_literals;
  failure why{errc::rate_limited, {}};
  CHECK(read<error_answer>(protocol::encode_error("1", nullptr, why, 12s))
            .retry_after
        == 12s);
  CHECK_FALSE(read<error_answer>(protocol::encode_error("1", nullptr, why))
                  .retry_after);
  for (auto wrong : {"-1", "1e300", "\"soon\"", "null"})
    CHECK_FALSE(read<error_answer>(R"({"type":"error","retry_after_s":)"
                                   + std::string{wrong} + "}")
                    .retry_after);
}

TEST_CASE("progress is found in the events of its dispatch only") {
  event event;
  event.agent = agent;
  event.body = agent_progress{std::make_shared<progress>(
      progress{message, agent, "busy", "step 1", {}})};
  event_answer told{protocol::encode(event)};
  auto progress = find_progress(told, "m-1");
  REQUIRE(progress);
  CHECK(progress->text == "step 1");
  CHECK(progress->status == "busy");
  CHECK_FALSE(find_progress(told, "m-2"));
  event.body = task_dispatched{message, {}};
  CHECK_FALSE(find_progress({protocol::encode(event)}, "m-1"));
  CHECK_FALSE(find_progress({"7"}, "m-1"));
}

TEST_CASE("what is no answer is refused") {
  for (auto frame :
       {"", "x", "[]", "{}", R"({"type":"new"})",
        R"({"type":"event","event":7})", R"({"type":"agents"})",
        R"({"type":"record"})", R"({"type":"record","record":7})"}) {
    CAPTURE(frame);
    CHECK(decode_answer(frame).has_error());
  }
}

TEST_CASE("an answer may nest deeper than what bridges send, by its envelope") {
  auto metadata = std::string(63, '[') + std::string(63, ']');
  auto listed = read<agents_answer>(protocol::encode_agents(
      "1", R"([{"agent_id":"a","metadata":{"x":)" + metadata + "}}]", 1));
  CHECK(listed.total == 1);
  CHECK(listed.json.find(metadata) != std::string::npos);
  CHECK(decode_answer(R"({"type":"event","event":{"x":)"
                      + std::string(100'000, '[') + std::string(100'000, ']')
                      + "}}")
            .has_error());
}
