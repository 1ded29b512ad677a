#include "actors/fixture.hpp"
#include "protocol/event_json.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

micro_usd usd(double x) {
  return micro_usd::from_usd(x);
}

/// A world with limits, and a bridge to dispatch to.
struct limited_world : started_world {
  void limit(const admission_limits& limits) {
    context().admissions->change_limits(limits);
  }

  /// Limits of $1 for the session and nothing else; $0.10 a dispatch. Tokens
  /// have a price, so that all dispatches have one.
  void limit_costs() {
    limit({0, 0, {usd(1), {}, usd(0.1), 0.8}, usd(0.01), usd(100)});
  }

  dispatch_reply_ptr send(const std::string& message,
                          const std::string& ip = "192.0.2.1",
                          std::chrono::milliseconds timeout = 10min) {
    dispatch_order order = *make_task("alpha", message, timeout);
    order.from.ip = ip;
    return dispatch(std::make_shared<const dispatch_order>(std::move(order)));
  }

  /// The bridge answers, and says what it cost.
  void respond(const std::string& message, const json& usage) {
    auto frame = parsed(response_frame("alpha", message, "done"));
    frame["usage"] = usage;
    link.socket->peer_sends(frame.dump());
    run();
  }

  [[nodiscard]] micro_usd spent() {
    return context().admissions->costs(wall_clock_now()).session.spent;
  }

  /// How many dispatches there is room for; they stay under way.
  std::size_t fill(const std::string& prefix) {
    std::size_t out = 0;
    while (send(prefix + std::to_string(out))->pending())
      ++out;
    return out;
  }

  bridge link = enter("alpha");
};

} // namespace

TEST_CASE_FIXTURE(limited_world, "an agent gets no more dispatches a minute "
                                 "than it may") {
  limit({.agent_per_minute = 2});
  CHECK(send("m-1")->pending());
  CHECK(send("m-2", "192.0.2.2")->pending());
  CHECK(send("m-3", "192.0.2.3")->outcome() == "rate_limited");
  CHECK(link.socket->take_sent().size() == 2);
  pass(59s);
  CHECK(send("m-4")->outcome() == "rate_limited");
  pass(1s);
  CHECK(send("m-5")->pending());
}

TEST_CASE_FIXTURE(limited_world, "an address gets no more dispatches a minute "
                                 "than it may") {
  limit({.ip_per_minute = 1});
  CHECK(send("m-1")->pending());
  CHECK(send("m-2")->outcome() == "rate_limited");
  CHECK(send("m-3", "192.0.2.2")->pending());
}

TEST_CASE_FIXTURE(limited_world, "a dispatch without room for its cost is "
                                 "refused with the totals") {
  limit_costs();
  CHECK(fill("m-") == 10);
  auto refused = send("late");
  REQUIRE(refused->why());
  CHECK(refused->outcome() == "cost_limit");
  CHECK(headline(*refused->why())
        == "Cost limit exceeded. Session: $1.00 / $1.00, Daily: $1.00 / "
           "$0.00");
  CHECK(
      hint(*refused->why()).starts_with("cost.session_limit_usd is reached."));
  CHECK(link.socket->take_sent().size() == 10);
  CHECK(state_of<agent_state>(link.aut).pending.size() == 10);
}

TEST_CASE_FIXTURE(limited_world, "a refused dispatch leaves no event") {
  limit({.agent_per_minute = 1});
  auto stream = follow("alpha");
  send("m-1");
  send("m-2");
  CHECK(stream->types() == "task_dispatched");
  CHECK(context().counts.dispatches.value() == 1);
}

// Contract section 2: 404, 409, 429, 402.
TEST_CASE_FIXTURE(limited_world, "an agent that is not there is refused before "
                                 "any limit") {
  limit({.agent_per_minute = 1, .ip_per_minute = 1});
  CHECK(send("m-1")->pending());
  auto order = std::make_shared<dispatch_order>(*make_task("beta", "m-2"));
  order->from.ip = "192.0.2.1";
  CHECK(dispatch(order)->outcome() == "unknown_agent");
  link.socket->end();
  link.aut = nullptr;
  run();
  CHECK(send("m-3")->outcome() == "agent_not_connected");
}

TEST_CASE_FIXTURE(limited_world, "rates are refused before costs") {
  limit({1, 0, {usd(0.1), {}, usd(0.1), 0.8}, usd(0.01)});
  CHECK(send("m-1")->pending());
  CHECK(send("m-2")->outcome() == "rate_limited");
}

TEST_CASE_FIXTURE(limited_world, "what is refused for another reason does not "
                                 "count") {
  limit({.agent_per_minute = 2});
  context().agent.max_pending = 1;
  CHECK(send("m-1")->pending());
  CHECK(send("m-2")->outcome() == "too_many_pending");
  respond("m-1", json::object());
  CHECK(send("m-3")->pending());
}

// -- how dispatches end -------------------------------------------------------

TEST_CASE_FIXTURE(limited_world, "a response settles what its dispatch cost") {
  limit_costs();
  send("m-1");
  respond("m-1", {{"cost_usd", 0.65}});
  CHECK(spent() == usd(0.65));
  CHECK(fill("n-") == 3);
}

TEST_CASE_FIXTURE(limited_world, "a task that failed has its cost, too") {
  limit_costs();
  send("m-1");
  auto frame = parsed(failed_frame("alpha", "m-1", "disk full"));
  frame["usage"] = {{"cost", 0.4}};
  link.socket->peer_sends(frame.dump());
  run();
  CHECK(spent() == usd(0.4));
}

TEST_CASE_FIXTURE(limited_world, "a response counts once, and a forged one "
                                 "never") {
  limit_costs();
  send("m-1");
  respond("m-0", {{"cost_usd", 0.5}});
  respond("m-1", {{"cost_usd", 0.2}});
  respond("m-1", {{"cost_usd", 0.2}});
  CHECK(spent() == usd(0.2));
}

// Contract section 6, number 12.
TEST_CASE_FIXTURE(limited_world, "a cost that is no number settles nothing") {
  limit_costs();
  send("m-1");
  auto frame = response_frame("alpha", "m-1", "done");
  frame.back() = ',';
  link.socket->peer_sends(frame + R"("usage":{"cost_usd":NaN}})");
  run();
  CHECK(spent() == micro_usd{});
  CHECK(fill("n-") == 10);
}

TEST_CASE_FIXTURE(limited_world, "a dispatch that is overdue gives back what "
                                 "was set aside") {
  limit_costs();
  for (auto i = 0; i < 10; ++i)
    send("m-" + std::to_string(i), "192.0.2.1", 5s);
  CHECK(send("late")->outcome() == "cost_limit");
  pass(6s);
  CHECK(fill("n-") == 10);
  CHECK(spent() == micro_usd{});
}

TEST_CASE_FIXTURE(limited_world, "a lost agent gives back what was set "
                                 "aside") {
  limit_costs();
  CHECK(fill("m-") == 10);
  link.socket->end();
  link.aut = nullptr;
  run();
  link = enter("alpha");
  CHECK(fill("n-") == 10);
}

TEST_CASE_FIXTURE(limited_world, "a replaced agent gives back what was set "
                                 "aside") {
  limit_costs();
  CHECK(fill("m-") == 10);
  link = enter("alpha");
  CHECK(fill("n-") == 10);
}

// -- warnings -----------------------------------------------------------------

TEST_CASE_FIXTURE(limited_world, "the dispatch that comes close to a limit "
                                 "warns, once") {
  limit_costs();
  auto stream = follow("alpha");
  send("m-1");
  respond("m-1", {{"cost_usd", 0.8}});
  CHECK(stream->types() == "task_dispatched agent_response cost_tracking");
  auto event = parsed(protocol::encode(*stream->live.back()));
  CHECK(event["event_type"] == "cost_tracking");
  CHECK(event["message"] == "Cost limit warning");
  CHECK(event["session_id"] == "control");
  CHECK(event["metadata"]
        == json{{"agent_id", "alpha"},
                {"message_id", "m-1"},
                {"session_total", 0.8},
                {"daily_total", 0.8}});
  send("m-2");
  respond("m-2", {{"cost_usd", 0.05}});
  CHECK(stream->types()
        == "task_dispatched agent_response cost_tracking "
           "task_dispatched agent_response");
}

TEST_CASE_FIXTURE(limited_world, "a warning ends no record") {
  limit_costs();
  send("m-1");
  respond("m-1", {{"cost_usd", 0.9}});
  auto record = answer<dispatch_record>(context().core.events, record_atom_v,
                                        message_id{"m-1"});
  REQUIRE(record.value);
  CHECK(record.value->status == dispatch_status::completed);
  CHECK(record.value->result->content == "done");
}

// -- absurd costs -------------------------------------------------------------

TEST_CASE_FIXTURE(limited_world, "a cost of 1e300 stops nobody, is flagged and "
                                 "stays in the record") {
  limit_costs();
  auto stream = follow("alpha");
  send("m-1");
  respond("m-1", {{"cost_usd", 1e300}, {"total_tokens", 2000}});
  CHECK(spent() == usd(0.02));
  CHECK(stream->types() == "task_dispatched agent_response");
  auto event = parsed(protocol::encode(*stream->live.back()));
  CHECK(event["metadata"]["cost_implausible"] == true);
  CHECK(event["metadata"]["usage"]["cost_usd"] == 1e300);
  auto record = answer<dispatch_record>(context().core.events, record_atom_v,
                                        message_id{"m-1"});
  REQUIRE(record.value);
  CHECK(parsed(record.value->result->usage.str())["cost_usd"] == 1e300);
  CHECK(send("m-2")->pending());
}

TEST_CASE_FIXTURE(limited_world, "an error's absurd cost is flagged, too") {
  limit_costs();
  auto stream = follow("alpha");
  send("m-1");
  auto frame = parsed(failed_frame("alpha", "m-1", "disk full"));
  frame["usage"] = {{"cost", "101"}};
  link.socket->peer_sends(frame.dump());
  run();
  CHECK(spent() == micro_usd{});
  CHECK(parsed(protocol::encode(
            *stream->live.back()))["metadata"]["cost_implausible"]
        == true);
}

TEST_CASE_FIXTURE(limited_world, "a plausible cost is not flagged") {
  limit_costs();
  auto stream = follow("alpha");
  send("m-1");
  respond("m-1", {{"cost_usd", "0.25"}});
  CHECK(spent() == usd(0.25));
  CHECK_FALSE(
      parsed(protocol::encode(*stream->live.back()))["metadata"].contains(
          "cost_implausible"));
}
