#include "protocol/control_codec.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;
using namespace std::chrono_literals;

namespace {

template <class Request>
Request requested(std::string_view frame) {
  auto out = decode_control(frame);
  if (auto refusal = std::get_if<control_refusal>(&out))
    FAIL("refused: ", to_string(refusal->why));
  auto request = std::get_if<Request>(&std::get<control_request>(out));
  REQUIRE(request != nullptr);
  return std::move(*request);
}

control_refusal refused(std::string_view frame) {
  auto out = decode_control(frame);
  REQUIRE(std::holds_alternative<control_refusal>(out));
  return std::get<control_refusal>(out);
}

dispatch_body body(std::string_view text) {
  auto out = decode_dispatch_body(text);
  if (!out)
    FAIL("refused: ", out.error().detail);
  return std::move(*out);
}

failure body_refusal(std::string_view text) {
  auto out = decode_dispatch_body(text);
  REQUIRE(out.has_error());
  return out.error();
}

std::string with_timeout(const std::string& seconds) {
  return R"({"content":"x","timeout_s":)" + seconds + "}";
}

} // namespace

// -- the body of a dispatch ---------------------------------------------------

TEST_CASE("a dispatch on the control socket may belong to a trace") {
  const std::string head =
      R"({"type":"dispatch","id":"1","agent_id":"a","content":"x")";
  auto trace = [&](const std::string& members) {
    return requested<control_dispatch>(head + members + "}").body.trace;
  };
  const std::string parent =
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  CHECK(trace(R"(,"traceparent":")" + parent + R"(","tracestate":"a=1")")
        == trace_context{parent, "a=1"});
  CHECK(trace("").empty());
  // An invalid trace is no reason to refuse the dispatch.
  for (auto x : {R"(,"traceparent":"nonsense")", R"(,"traceparent":null)",
                 R"(,"traceparent":17)", R"(,"tracestate":"a=1")"})
    CHECK(trace(x).empty());
}

TEST_CASE("a dispatch body has a content and perhaps a context") {
  auto x = body(R"({"content":"do it"})");
  CHECK(x.content == "do it");
  CHECK(x.context.str() == "{}");
  CHECK(x.options.timeout == std::nullopt);
  CHECK(
      body(R"({"context":{"k":[1, 2]},"content":"x","extra":1})").context.str()
      == R"({"k":[1,2]})");
}

TEST_CASE("an empty content is no matter of the body's form") {
  CHECK(body(R"({"content":""})").content.empty());
}

TEST_CASE("a dispatch body without a content says what is missing") {
  auto why = body_refusal("{}");
  CHECK(why.code == errc::invalid_message);
  CHECK(why.field == "content");
  CHECK(why.kind == "missing");
  CHECK(why.detail == "content: expected a string, got nothing");
}

TEST_CASE("a dispatch body of wrong types says which") {
  auto content = body_refusal(R"({"content":5})");
  CHECK(content.field == "content");
  CHECK(content.kind == "string_type");
  CHECK(content.detail == "content: expected a string, got a number");
  auto context = body_refusal(R"({"content":"x","context":null})");
  CHECK(context.field == "context");
  CHECK(context.kind == "dict_type");
  CHECK(context.detail == "context: expected an object, got null");
}

TEST_CASE("a dispatch body that is no JSON object is refused") {
  CHECK(body_refusal("").code == errc::invalid_json);
  CHECK(body_refusal("{").code == errc::invalid_json);
  CHECK(body_refusal("[]").code == errc::invalid_message);
}

TEST_CASE("a timeout is given in seconds and kept in milliseconds") {
  CHECK(body(with_timeout("1")).options.timeout == 1000ms);
  CHECK(body(with_timeout("1.5")).options.timeout == 1500ms);
  CHECK(body(with_timeout("604800")).options.timeout == max_dispatch_timeout);
  // Never shorter than asked for, so never zero.
  CHECK(body(with_timeout("0.0001")).options.timeout == 1ms);
  CHECK(body(with_timeout("1e-300")).options.timeout == 1ms);
}

TEST_CASE("a timeout that is no time or too long is refused") {
  for (auto seconds : {"0", "-1", "-0.0", "604800.001", "1e300", "1e-400",
                       "123456789012345678901234567890"}) {
    CAPTURE(seconds);
    auto why = body_refusal(with_timeout(seconds));
    CHECK(why.field == "timeout_s");
    CHECK(why.detail
          == "timeout_s: expected more than 0 and at most 604800 seconds");
  }
  for (auto seconds : {"null", "true", R"("1")", "[1]", "NaN", "Infinity"}) {
    CAPTURE(seconds);
    auto why = body_refusal(with_timeout(seconds));
    CHECK(why.field == "timeout_s");
    CHECK(why.kind == "float_type");
  }
}

TEST_CASE("a dispatch body may name the dispatch that it follows up") {
  auto x = body(R"({"content":"x","followup_to":"m-1"})");
  CHECK(x.followup_to == message_id{"m-1"});
  CHECK_FALSE(body(R"({"content":"x"})").followup_to);
}

TEST_CASE("a dispatch body may have an idempotency key of up to 255 bytes") {
  auto with_key = [](const std::string& key) {
    return R"({"content":"x","idempotency_key":")" + key + "\"}";
  };
  CHECK(body(R"({"content":"x"})").idempotency_key.empty());
  CHECK(body(with_key("publish-1.4")).idempotency_key == "publish-1.4");
  CHECK(body(with_key(std::string(255, 'k'))).idempotency_key.size() == 255);
  CHECK(body_refusal(with_key(std::string(256, 'k'))).kind == "too_long");
  CHECK(body_refusal(with_key("")).kind == "string_too_short");
}

TEST_CASE("a path that names an agent makes other targets extra members") {
  auto x = body(R"({"content":"x","require":5,"agent_id":[]})");
  CHECK(x.require.empty());
}

// -- the bodies of routed dispatches and of follow-ups ------------------------

TEST_CASE("a routed dispatch names capabilities or an agent") {
  auto by_capability = decode_routed_body(
      R"({"content":"x","require":["gpu","python"],"priority":"low"})");
  REQUIRE(by_capability.has_value());
  CHECK(by_capability->agent.str().empty());
  CHECK(by_capability->body.require
        == std::vector<std::string>{"gpu", "python"});
  CHECK(by_capability->body.options.priority == dispatch_priority::low);
  auto by_name = decode_routed_body(
      R"({"content":"x","agent_id":"a-1","followup_to":"m-1"})");
  REQUIRE(by_name.has_value());
  CHECK(by_name->agent == agent_id{"a-1"});
  CHECK(by_name->body.require.empty());
  CHECK(by_name->body.followup_to == message_id{"m-1"});
}

TEST_CASE("a routed dispatch without a valid target is refused") {
  std::string many = R"("require":["0")";
  for (auto i = 1; i <= 32; ++i)
    many += ",\"" + std::to_string(i) + '"';
  struct row {
    std::string members;
    std::string_view field;
    std::string_view kind;
  };
  for (const auto& x : {
           row{R"("k":1)", "agent_id", "missing"},
           row{R"("agent_id":"a b")", "agent_id", ""},
           row{R"("agent_id":"")", "agent_id", "string_too_short"},
           row{R"("require":[])", "require", "too_short"},
           row{R"("require":[""])", "require", "string_too_short"},
           row{R"("require":[1])", "require", "string_type"},
           row{R"("require":"gpu")", "require", "list_type"},
           row{R"("require":[")" + std::string(257, 'x') + "\"]", "require",
               "too_long"},
           row{many + "]", "require", "too_long"},
           row{R"("require":["gpu"],"agent_id":"a")", "require", "value_error"},
           row{R"("require":["gpu"],"followup_to":"m")", "followup_to",
               "value_error"},
       }) {
    CAPTURE(x.members);
    auto over_http = decode_routed_body(R"({"content":"x",)" + x.members + "}");
    REQUIRE(over_http.has_error());
    CHECK(over_http.error().field == x.field);
    CHECK(over_http.error().kind == x.kind);
    auto on_socket = refused(R"({"type":"dispatch","id":"1","content":"x",)"
                             + x.members + "}");
    CHECK(on_socket.why.field == x.field);
    CHECK(on_socket.why.kind == x.kind);
  }
}

TEST_CASE("a follow-up has a content and perhaps names an earlier dispatch") {
  auto newest = decode_followup_body(R"({"content":"x","more":"ignored"})");
  REQUIRE(newest.has_value());
  CHECK(newest->content == "x");
  CHECK(newest->is_followup);
  CHECK_FALSE(newest->followup_to);
  auto named = decode_followup_body(R"({"content":"x","followup_to":"m-1"})");
  REQUIRE(named.has_value());
  CHECK(named->followup_to == message_id{"m-1"});
  auto wrong = decode_followup_body(R"({"content":"x","followup_to":7})");
  REQUIRE(wrong.has_error());
  CHECK(wrong.error().field == "followup_to");
}

TEST_CASE("a follow-up has the options and the key of a dispatch, but no "
          "context") {
  auto out = decode_followup_body(
      R"({"content":"x","context":"?","timeout_s":3,"priority":"high",)"
      R"("retry":{"max_attempts":3},"durability":"commit",)"
      R"("idempotency_key":"k"})");
  REQUIRE(out.has_value());
  CHECK(out->context.str() == "{}");
  CHECK(out->options.timeout == 3s);
  CHECK(out->options.priority == dispatch_priority::high);
  CHECK(out->options.retry.max_attempts == 3);
  CHECK(out->options.level == durability::commit);
  CHECK(out->idempotency_key == "k");
}

TEST_CASE("a body over HTTP may say how long to wait for the outcome") {
  for (auto decode : {decode_dispatch_body, decode_followup_body}) {
    auto waits = decode(R"({"content":"x","wait":2.5})");
    REQUIRE(waits.has_value());
    CHECK(waits->wait == 2500ms);
    CHECK(decode(R"({"content":"x","wait":0})")->wait == 0ms);
    CHECK(decode(R"({"content":"x","wait":604800})")->wait
          == max_dispatch_timeout);
    CHECK_FALSE(decode(R"({"content":"x"})")->wait);
    for (auto wrong : {R"("x")", "-1", "604801", "true", "null"}) {
      CAPTURE(wrong);
      auto refused =
          decode(R"({"content":"x","wait":)" + std::string{wrong} + "}");
      REQUIRE(refused.has_error());
      CHECK(refused.error().field == "wait");
    }
  }
  CHECK(decode_routed_body(R"({"content":"x","agent_id":"a","wait":1})")
            ->body.wait
        == 1s);
}

TEST_CASE("a backup has an absolute path") {
  auto file = decode_backup_body(R"({"file":"/var/tmp/x.db"})");
  REQUIRE(file.has_value());
  CHECK(*file == "/var/tmp/x.db");
  for (auto wrong :
       {R"({"file":""})", R"({"file":"x.db"})", R"({"file":"./x.db"})",
        R"({"file":"/var/tmp/x\u0000b"})", R"({"file":7})", "{}"}) {
    CAPTURE(wrong);
    auto refused = decode_backup_body(wrong);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::invalid_message);
    CHECK(refused.error().field == "file");
  }
}

TEST_CASE("what is to be erased is a dispatch or an agent") {
  CHECK(decode_erase_body(R"({"message_id":"m-1"})")->message
        == message_id{"m-1"});
  CHECK(decode_erase_body(R"({"message_id":"m-1"})")->agent.empty());
  CHECK(decode_erase_body(R"({"agent_id":"a"})")->agent == agent_id{"a"});
  CHECK(decode_erase_body(R"({"agent_id":"a"})")->message.empty());
  auto field_of = [](auto wrong) {
    CAPTURE(wrong);
    auto refused = decode_erase_body(wrong);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::invalid_message);
    return refused.error().field;
  };
  CHECK(field_of(R"({"message_id":""})") == "message_id");
  CHECK(field_of(R"({"agent_id":7})") == "agent_id");
  CHECK(field_of(R"({"agent_id":"a","message_id":"m-1"})") == "agent_id");
  CHECK(field_of("{}") == "message_id");
}

// -- frames of /ws/control ----------------------------------------------------

TEST_CASE("a control client dispatches") {
  auto x = requested<control_dispatch>(
      R"({"type":"dispatch","id":"7","agent_id":"agent-1","content":"do it",)"
      R"("context":{"a":1},"timeout_s":2,"quiet":true})");
  CHECK(x.id == "7");
  CHECK(x.agent == agent_id{"agent-1"});
  CHECK(x.body.content == "do it");
  CHECK(x.body.context.str() == R"({"a":1})");
  CHECK(x.body.options.timeout == 2s);
  CHECK(x.quiet);
}

TEST_CASE("a control client need not say more than agent and content") {
  auto x = requested<control_dispatch>(
      R"({"type":"dispatch","agent_id":"a","content":"c"})");
  CHECK(x.id.empty());
  CHECK(x.body.options.timeout == std::nullopt);
  CHECK_FALSE(x.quiet);
}

TEST_CASE("a control client may leave the choice of the agent to the daemon") {
  auto x = requested<control_dispatch>(
      R"({"type":"dispatch","content":"c","require":["gpu"],)"
      R"("idempotency_key":"k","retry":{"max_attempts":2}})");
  CHECK(x.agent.str().empty());
  CHECK(x.body.require == std::vector<std::string>{"gpu"});
  CHECK(x.body.idempotency_key == "k");
  CHECK(x.body.options.retry.max_attempts == 2);
}

TEST_CASE("an idempotency key of a control client has 1 to 255 bytes") {
  auto with_key = [](const std::string& key) {
    return R"({"type":"dispatch","agent_id":"a","content":"c",)"
           R"("idempotency_key":")"
           + key + "\"}";
  };
  std::string longest(255, 'k');
  CHECK(requested<control_dispatch>(with_key(longest)).body.idempotency_key
        == longest);
  CHECK(refused(with_key(longest + 'k')).why.kind == "too_long");
  CHECK(refused(with_key("")).why.kind == "string_too_short");
}

TEST_CASE("an acceptance names the agent, once one is chosen") {
  message_id message{"m"};
  CHECK(encode_accepted("1", message, agent_id{"a"}).find(R"("agent_id":"a")")
        != std::string::npos);
  CHECK(encode_accepted("1", message, {}).find(R"("agent_id":null)")
        != std::string::npos);
}

TEST_CASE("a control client follows one agent or all") {
  auto one = requested<control_subscribe>(
      R"({"type":"subscribe","id":"s","agent_id":"a"})");
  CHECK(one.id == "s");
  CHECK(one.agent == agent_id{"a"});
  CHECK(requested<control_subscribe>(R"({"type":"subscribe"})").agent
        == std::nullopt);
  CHECK(requested<control_subscribe>(R"({"type":"subscribe","agent_id":null})")
            .agent
        == std::nullopt);
}

TEST_CASE("a control client lists agents") {
  CHECK(requested<control_list>(R"({"type":"agents","id":"l"})").id == "l");
}

TEST_CASE("a control client asks what became of a dispatch") {
  auto x = requested<control_inquiry>(
      R"({"type":"record","id":"r","message_id":"m-1"})");
  CHECK(x.id == "r");
  CHECK(x.message == message_id{"m-1"});
  CHECK(refused(R"({"type":"record","id":"r"})").why.field == "message_id");
}

TEST_CASE("a refused request is answered under its id") {
  auto x = refused(R"({"type":"dispatch","id":"7","content":"c"})");
  CHECK(x.id == "7");
  CHECK(x.why.field == "agent_id");
  CHECK(refused(R"({"type":"dance","id":"8"})").id == "8");
  CHECK(refused(R"({"id":"9"})").id == "9");
  CHECK(refused(R"({"type":"subscribe","id":"5","agent_id":7})").id == "5");
}

TEST_CASE("a request whose id is not legible is answered without") {
  CHECK(refused(R"({"type":"agents","id":7})").id.empty());
  CHECK(refused(R"({"type":"agents","id":7})").why.field == "id");
  CHECK(refused("{").id.empty());
  CHECK(refused("{").why.code == errc::invalid_json);
  CHECK(refused(R"({"type":"agents","id":")" + std::string(257, 'x') + "\"}")
            .why.detail
        == "id: expected at most 256 bytes");
}

TEST_CASE("a request of a type nobody knows says what there is") {
  for (auto frame : {R"({"id":"1"})", R"({"type":5})", R"({"type":"Agents"})",
                     R"({"type":["agents"]})"}) {
    CAPTURE(frame);
    CHECK(
        refused(frame).why.detail
        == "type: expected dispatch, subscribe, agents, record, cancel, task, "
           "costs or forget");
  }
}

TEST_CASE("a control client cannot name an agent that cannot exist") {
  for (auto frame : {R"({"type":"dispatch","agent_id":"a b","content":"c"})",
                     R"({"type":"subscribe","agent_id":"a/b"})",
                     R"({"type":"subscribe","agent_id":""})"}) {
    CAPTURE(frame);
    auto x = refused(frame);
    CHECK(x.why.code == errc::invalid_agent_id);
    CHECK(x.why.field == "agent_id");
    CHECK(to_string(x.why) == sentence(errc::invalid_agent_id));
  }
}

TEST_CASE("quiet is true or false") {
  auto x = refused(
      R"({"type":"dispatch","agent_id":"a","content":"c","quiet":"yes"})");
  CHECK(x.why.detail == "quiet: expected true or false, got a string");
}
