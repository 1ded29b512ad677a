#include "app/cli/dispatch_flags.hpp"
#include "app/client/control_messages.hpp"

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::app;
using namespace std::chrono_literals;

namespace {

/// What `bridgekeeper dispatch` would request with these arguments.
result<protocol::control_dispatch> request(std::vector<std::string> arguments) {
  CLI::App app;
  dispatch_flags flags;
  add_dispatch_flags(app, flags);
  std::reverse(arguments.begin(), arguments.end());
  app.parse(arguments);
  sort_arguments(flags);
  return make_request(flags);
}

protocol::dispatch_body body(std::vector<std::string> more) {
  more.insert(more.begin(), {"shop-1", "do it"});
  auto out = request(more);
  if (!out)
    FAIL("refused: ", out.error().detail);
  return out->body;
}

} // namespace

TEST_CASE("a dispatch needs an agent and a text") {
  auto out = request({"shop-1", "do it"});
  REQUIRE(out.has_value());
  CHECK(out->agent == agent_id{"shop-1"});
  CHECK(out->body.content == "do it");
  CHECK(out->body.options == dispatch_options{});
  CHECK_THROWS_WITH(std::ignore = request({}), "AGENT is required");
  CHECK_THROWS_WITH(std::ignore = request({"shop-1"}), "TEXT is required");
}

TEST_CASE("with required capabilities, a dispatch needs only a text") {
  auto out = request({"--require", "gpu,python", "do it"});
  REQUIRE(out.has_value());
  CHECK(out->agent.str().empty());
  CHECK(out->body.content == "do it");
  CHECK(out->body.require == std::vector<std::string>{"gpu", "python"});
  CHECK_THROWS_WITH(std::ignore = request({"--require", "gpu"}),
                    "TEXT is required");
  CHECK_THROWS(std::ignore = request({"--require", "gpu", "shop-1", "do it"}));
}

TEST_CASE("the flags of a dispatch become its options") {
  CHECK(body({"--timeout", "1.5"}).options.timeout == 1500ms);
  CHECK(body({"--queue-timeout", "1h"}).options.queue_timeout == 1h);
  CHECK(body({"--total-timeout", "500ms"}).options.total_timeout == 500ms);
  CHECK(body({"--retry", "3"}).options.retry
        == retry_policy{3, false, false, true});
  auto retried = body({"--retry", "10", "--retry-on", "lost,timed_out,failed",
                       "--backoff", "5s"});
  CHECK(retried.options.retry == retry_policy{10, true, true, true});
  CHECK(retried.options.backoff == 5s);
  retry_policy classes{2, false, false, true};
  classes.on_classes.add(failure_class::rate_limited);
  CHECK(body({"--retry", "2", "--retry-on", "rate_limited,lost"}).options.retry
        == classes);
  CHECK(body({"--priority", "high"}).options.priority
        == dispatch_priority::high);
  CHECK(body({"--durability", "commit"}).options.level == durability::commit);
  CHECK(body({"--followup", "m-1"}).followup_to == message_id{"m-1"});
  CHECK(body({"--key", "k"}).idempotency_key == "k");
}

TEST_CASE("a dispatch belongs to the trace of its flag") {
  const std::string parent =
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  CHECK(body({"--traceparent", parent}).trace == trace_context{parent, ""});
  CHECK(body({}).trace.empty());
  auto out = request({"shop-1", "do it", "--traceparent", "nonsense"});
  REQUIRE_FALSE(out.has_value());
  CHECK(out.error().detail.starts_with("--traceparent is not"));
  protocol::control_dispatch sent;
  sent.body.trace = {parent, "a=1"};
  CHECK(encode_request(sent).ends_with(R"("traceparent":")" + parent
                                       + R"(","tracestate":"a=1"})"));
}

TEST_CASE("a flag with an invalid value is named") {
  struct row {
    std::vector<std::string> flags;
    std::string complaint;
  };
  for (const auto& x : {
           row{{"--queue-timeout", "8d"},
               "--queue-timeout must be at most 7 days."},
           row{{"--total-timeout", "8d"},
               "--total-timeout must be at most 7 days."},
           row{{"--retry", "0"},
               "--retry must be 1 to 10, the first attempt included."},
           row{{"--retry", "11"},
               "--retry must be 1 to 10, the first attempt included."},
           row{{"--retry-on", "lost"},
               "--retry-on has no effect without --retry."},
           row{{"--backoff", "1"}, "--backoff has no effect without --retry."},
           row{{"--retry", "2", "--retry-on", "lost,late"},
               "--retry-on: \"late\" is not one of lost, timed_out, failed, "
               "rate_limited, auth, max_turns, budget, crashed, idle, "
               "context_too_long and no_session."},
           row{{"--retry", "2", "--backoff", "25h"},
               "--backoff must be at most 24 hours."},
           row{{"--priority", "urgent"},
               "--priority: \"urgent\" is not one of high, normal and low."},
           row{{"--durability", "none"},
               "--durability: \"none\" is neither full nor commit."},
           row{{"--followup", ""},
               "--followup must be the message_id of a dispatch."},
           row{{"--key", ""}, "--key must have 1 to 255 bytes."},
       }) {
    CAPTURE(x.complaint);
    auto arguments = x.flags;
    arguments.insert(arguments.begin(), {"shop-1", "do it"});
    auto out = request(arguments);
    REQUIRE(out.has_error());
    CHECK(to_string(out.error()) == x.complaint);
  }
}

TEST_CASE("required capabilities are checked before anything is sent") {
  for (const auto* list : {"", "gpu,", ",gpu", "a,,b"}) {
    CAPTURE(list);
    auto out = request({"--require", list, "do it"});
    REQUIRE(out.has_error());
    CHECK(to_string(out.error()).starts_with("--require must have 1 to 32"));
  }
  auto out = request({"--require", "gpu", "--followup", "m-1", "do it"});
  REQUIRE(out.has_error());
  CHECK(to_string(out.error()).starts_with("--followup needs an AGENT"));
}
