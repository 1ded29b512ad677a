#include "protocol/control_codec.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <random>
#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;
using namespace std::chrono_literals;

namespace {

/// A dispatch body with these members besides its content.
std::string with(const std::string& members) {
  return R"({"content":"x",)" + members + "}";
}

dispatch_options options(const std::string& members) {
  auto out = decode_dispatch_body(with(members));
  if (!out)
    FAIL("refused: ", out.error().detail);
  return out->options;
}

struct refusal {
  std::string members;
  std::string field;
  std::string kind;
  std::string detail;
};

void check(const refusal& x) {
  CAPTURE(x.members);
  auto over_http = decode_dispatch_body(with(x.members));
  REQUIRE(over_http.has_error());
  CHECK(over_http.error().code == errc::invalid_message);
  CHECK(over_http.error().field == x.field);
  CHECK(over_http.error().kind == x.kind);
  CHECK(over_http.error().detail == x.detail);
  auto as_followup = decode_followup_body(with(x.members));
  REQUIRE(as_followup.has_error());
  CHECK(as_followup.error().detail == x.detail);
  auto on_socket = decode_control(
      R"({"type":"dispatch","id":"1","agent_id":"a","content":"x",)" + x.members
      + "}");
  REQUIRE(std::holds_alternative<control_refusal>(on_socket));
  CHECK(std::get<control_refusal>(on_socket).why.detail == x.detail);
}

dispatch_options random_options(std::mt19937& random) {
  auto up_to = [&random](std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>{0, most}(random);
  };
  auto timeout = [&]() -> std::optional<std::chrono::milliseconds> {
    if (up_to(2) == 0)
      return std::nullopt;
    auto most = up_to(1) == 0 ? 5000 : max_dispatch_timeout.count() - 1;
    return std::chrono::milliseconds{1 + up_to(most)};
  };
  dispatch_options out;
  out.timeout = timeout();
  out.queue_timeout = timeout();
  out.total_timeout = timeout();
  out.retry.max_attempts =
      static_cast<std::uint16_t>(1 + up_to(max_dispatch_attempts - 1));
  out.retry.on_lost = up_to(1) == 0;
  out.retry.on_timeout = up_to(1) == 0;
  out.retry.on_failed = up_to(1) == 0;
  for (auto x : failure_classes())
    if (x != failure_class::timed_out && up_to(1) == 0)
      out.retry.on_classes.add(x);
  if (up_to(1) == 0)
    out.backoff = std::chrono::milliseconds{up_to(max_backoff.count())};
  out.priority = static_cast<dispatch_priority>(up_to(2) - 1);
  if (up_to(1) == 0)
    out.level = up_to(1) == 0 ? durability::full : durability::commit;
  return out;
}

} // namespace

// -- what requests say --------------------------------------------------------

TEST_CASE("a dispatch without options has the defaults") {
  auto out = decode_dispatch_body(R"({"content":"x"})");
  REQUIRE(out.has_value());
  CHECK(out->options == dispatch_options{});
}

TEST_CASE("a dispatch has the options that its request names") {
  CHECK(options(R"("timeout_s":1.001)").timeout == 1001ms);
  CHECK(options(R"("queue_timeout_s":30)").queue_timeout == 30s);
  CHECK(options(R"("total_timeout_s":604800)").total_timeout
        == max_dispatch_timeout);
  CHECK(options(R"("queue_timeout_s":0.0001)").queue_timeout == 1ms);
  CHECK(options(R"("priority":"high")").priority == dispatch_priority::high);
  CHECK(options(R"("priority":"low")").priority == dispatch_priority::low);
  CHECK(options(R"("priority":"normal")").priority
        == dispatch_priority::normal);
  CHECK(options(R"("durability":"full")").level == durability::full);
  CHECK(options(R"("durability":"commit")").level == durability::commit);
}

TEST_CASE("a retry says how often, after which ends, and how long to wait") {
  auto all = options(
      R"("retry":{"max_attempts":10,"on":["failed","lost","timed_out"],)"
      R"("backoff_s":0.5})");
  CHECK(all.retry == retry_policy{10, true, true, true});
  CHECK(all.backoff == 500ms);
  auto some = options(R"("retry":{"max_attempts":2,"on":["timed_out"]})");
  CHECK(some.retry == retry_policy{2, false, true, false});
  retry_policy classes{2};
  classes.on_classes.add(failure_class::idle);
  classes.on_classes.add(failure_class::rate_limited);
  CHECK(options(R"("retry":{"max_attempts":2,"on":["rate_limited","idle"]})")
            .retry
        == classes);
  CHECK(some.backoff == 0ms);
}

TEST_CASE("only lost attempts are retried unless the request says more") {
  CHECK(options(R"("retry":{"max_attempts":3})").retry
        == retry_policy{3, false, false, true});
  CHECK(options(R"("retry":{"max_attempts":3,"on":[]})").retry
        == retry_policy{3, false, false, false});
}

TEST_CASE("an invalid option is named") {
  for (const auto& x : {
           refusal{R"("queue_timeout_s":0)", "queue_timeout_s", "greater_than",
                   "queue_timeout_s: expected more than 0 and at most 604800 "
                   "seconds"},
           refusal{R"("total_timeout_s":604801)", "total_timeout_s",
                   "greater_than",
                   "total_timeout_s: expected more than 0 and at most 604800 "
                   "seconds"},
           refusal{R"("total_timeout_s":"1")", "total_timeout_s", "float_type",
                   "total_timeout_s: expected a number, got a string"},
           refusal{R"("priority":"urgent")", "priority", "literal_error",
                   "priority: expected high, normal or low"},
           refusal{R"("durability":"none")", "durability", "literal_error",
                   "durability: expected full or commit"},
           refusal{R"("priority":1)", "priority", "string_type",
                   "priority: expected a string, got a number"},
           refusal{R"("followup_to":"")", "followup_to", "string_too_short",
                   "followup_to: expected a non-empty string"},
           refusal{R"("followup_to":null)", "followup_to", "string_type",
                   "followup_to: expected a non-empty string, got null"},
           refusal{R"("followup_to":")" + std::string(257, 'x') + '"',
                   "followup_to", "too_long",
                   "followup_to: expected at most 256 bytes"},
       })
    check(x);
}

TEST_CASE("an invalid retry says which member is wrong") {
  for (const auto& x : {
           refusal{R"("retry":2)", "retry", "dict_type",
                   "retry: expected an object, got a number"},
           refusal{R"("retry":{})", "retry.max_attempts", "missing",
                   "retry.max_attempts: expected a number, got nothing"},
           refusal{R"("retry":{"max_attempts":"2"})", "retry.max_attempts",
                   "int_type", "retry.max_attempts: expected a number"},
           refusal{R"("retry":{"max_attempts":0})", "retry.max_attempts",
                   "greater_than_equal",
                   "retry.max_attempts: expected 1 to 10"},
           refusal{R"("retry":{"max_attempts":11})", "retry.max_attempts",
                   "less_than_equal", "retry.max_attempts: expected 1 to 10"},
           refusal{R"("retry":{"max_attempts":1.5})", "retry.max_attempts",
                   "int_from_float",
                   "retry.max_attempts: expected a whole number"},
           refusal{R"("retry":{"max_attempts":2,"on":"lost"})", "retry.on",
                   "list_type", "retry.on: expected a list of strings"},
           refusal{R"("retry":{"max_attempts":2,"on":[1]})", "retry.on",
                   "string_type", "retry.on: expected a list of strings"},
           refusal{R"("retry":{"max_attempts":2,"on":["lost","late"]})",
                   "retry.on", "literal_error",
                   "retry.on: expected any of lost, timed_out, failed, "
                   "rate_limited, auth, max_turns, budget, crashed, idle, "
                   "context_too_long and no_session, got \"late\""},
           refusal{R"("retry":{"max_attempts":2,"backoff_s":-1})",
                   "retry.backoff_s", "greater_than_equal",
                   "retry.backoff_s: expected 0 to 86400 seconds"},
           refusal{R"("retry":{"max_attempts":2,"backoff_s":86400.1})",
                   "retry.backoff_s", "less_than_equal",
                   "retry.backoff_s: expected 0 to 86400 seconds"},
           refusal{R"("retry":{"max_attempts":2,"backoff_s":true})",
                   "retry.backoff_s", "float_type",
                   "retry.backoff_s: expected a number"},
           refusal{R"("retry":{"max_attempts":2,"attempts":3})", "retry",
                   "extra_forbidden", "retry: unknown member \"attempts\""},
           refusal{R"("retry":{"on":[")" + std::string(2000, 'x') + R"("]})",
                   "retry", "value_error",
                   "retry: expected max_attempts and perhaps on and backoff_s"},
       })
    check(x);
}

TEST_CASE("the place of a mistake in a retry is told as a path") {
  auto body = with(R"("retry":{"max_attempts":99})");
  auto decoded = decode_dispatch_body(body);
  REQUIRE(decoded.has_error());
  auto list = nlohmann::json::parse(
      to_json(body_violations(body, dispatch_body_members(), decoded.error())));
  REQUIRE(list.size() == 1);
  CHECK(list[0]["loc"] == nlohmann::json{"body", "retry", "max_attempts"});
  CHECK(list[0]["type"] == "less_than_equal");
  CHECK(list[0]["input"] == 99);
}

// -- what the store keeps -----------------------------------------------------

TEST_CASE("default options take no room") {
  CHECK(encode_options({}).empty());
  auto out = decode_options("");
  REQUIRE(out.has_value());
  CHECK(*out == dispatch_options{});
}

TEST_CASE("options are kept under the names of the wire") {
  dispatch_options x;
  x.timeout = 1500ms;
  x.queue_timeout = 30s;
  x.total_timeout = 1h;
  x.retry = {3, false, true, true};
  x.backoff = 5s;
  x.priority = dispatch_priority::high;
  x.level = durability::commit;
  CHECK(nlohmann::json::parse(encode_options(x))
        == nlohmann::json{{"timeout_s", 1.5},
                          {"queue_timeout_s", 30.0},
                          {"total_timeout_s", 3600.0},
                          {"retry",
                           {{"max_attempts", 3},
                            {"on", {"lost", "timed_out"}},
                            {"backoff_s", 5.0}}},
                          {"priority", "high"},
                          {"durability", "commit"}});
}

TEST_CASE("options are read as they were kept") {
  std::mt19937 random{17};
  for (auto i = 0; i < 20'000; ++i) {
    auto x = random_options(random);
    auto text = encode_options(x);
    CAPTURE(text);
    auto out = decode_options(text);
    REQUIRE(out.has_value());
    REQUIRE(*out == x);
  }
}

TEST_CASE("the session that a follow-up continues is kept with its options") {
  dispatch_options x;
  x.timeout = 1s;
  auto text = encode_options(x, {}, "s-\"1\"");
  CHECK(decode_agent_session(text) == "s-\"1\"");
  CHECK(*decode_options(text) == x);
  CHECK(encode_options({}, {}, "s-1") == R"({"agent_session_id":"s-1"})");
  CHECK(decode_agent_session("").empty());
  CHECK(decode_agent_session(encode_options(x)).empty());
  CHECK(decode_agent_session("[").empty());
  CHECK(decode_agent_session(R"({"agent_session_id":7})").empty());
}

TEST_CASE("options that were not kept by the daemon are refused") {
  for (auto text : {"[]", "{", R"({"retry":{"max_attempts":0}})",
                    R"({"priority":"urgent"})", R"({"timeout_s":-1})"}) {
    CAPTURE(text);
    CHECK(decode_options(text).has_error());
  }
}
