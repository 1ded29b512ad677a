// What a bridge of protocol 1.1 says about its agent's answer, and what follows
// from it.

#include "actors/stored_world.hpp"

#include <caf/send.hpp>
#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

/// A failed response with these members.
std::string details_frame(const std::string& message, const json& more) {
  json out{{"type", "response"},
           {"agent_id", "alpha"},
           {"message_id", message},
           {"content", "half"},
           {"error", "boom"}};
  out.update(more);
  return out.dump();
}

/// A bridge of protocol 1.1 with one slot, in a world with a store or without.
template <class World>
struct explaining : World {
  bridge link = enter_1_1();

  bridge enter_1_1() {
    // Tests wait for longer than a silent bridge may live.
    this->context().agent.liveness.timeout = 24h;
    auto out = this->connect();
    out.socket->peer_sends(register_frame(
        "alpha", {{"protocol", "1.1"}, {"instance_id", "i-1"}, {"slots", 1}}));
    settle();
    std::ignore = out.socket->take_sent();
    return out;
  }

  void settle() {
    if constexpr (std::is_same_v<World, stored_world>)
      this->commit();
    else
      this->run();
  }

  template <class Change>
  dispatch_reply_ptr request(const std::string& id, Change change) {
    auto order = *make_task("alpha", id);
    change(order);
    auto out = this->dispatch(std::make_shared<const dispatch_order>(order));
    settle();
    return out;
  }

  dispatch_reply_ptr request(const std::string& id) {
    return request(id, [](dispatch_order&) {});
  }

  void respond(const std::string& frame) {
    link.socket->peer_sends(frame);
    settle();
  }

  /// The `dispatch` frames that the bridge was sent since the last call.
  std::vector<json> dispatches() {
    std::vector<json> out;
    for (const auto& text : link.socket->take_sent())
      if (auto frame = parsed(text); frame["type"] == "dispatch")
        out.push_back(frame);
    return out;
  }
};

using details_world = explaining<started_world>;
using details_store = explaining<stored_world>;

/// Retries after failures of this class.
auto retry_on(const std::string& reason) {
  return [reason](dispatch_order& x) {
    x.options.retry.max_attempts = 3;
    REQUIRE(add_reason(x.options.retry, reason));
    x.options.backoff = 10s;
  };
}

std::string in_the_future(std::chrono::seconds x) {
  return to_iso8601(wall_clock_now() + x);
}

} // namespace

// -- what is kept -------------------------------------------------------------

TEST_CASE_FIXTURE(details_store, "what a bridge says about a failure is on "
                                 "record and in the outcome") {
  auto outcome = request("m-1");
  respond(details_frame("m-1", {{"agent_session_id", "s-1"},
                                {"failure", "auth"},
                                {"error_detail", "Error: 401"},
                                {"metadata", {{"model", "m"}}}}));
  REQUIRE(outcome->result().details);
  CHECK(outcome->result().details->failure == failure_class::auth);
  auto found = stored("m-1");
  CHECK(found.row.failure == failure_class::auth);
  REQUIRE(found.results.size() == 1);
  REQUIRE(found.results[0].answer->details);
  CHECK(*found.results[0].answer->details == *outcome->result().details);
  CHECK(found.results[0].answer->details->agent_session_id == "s-1");
}

TEST_CASE_FIXTURE(details_store, "a late result keeps its details") {
  auto outcome = request("m-1");
  caf::anon_send(context().core.registry, cancel_atom_v, agent_id{"alpha"},
                 message_id{"m-1"});
  commit();
  respond(details_frame("m-1", {{"agent_session_id", "s-1"}}));
  auto found = stored("m-1");
  REQUIRE(found.results.size() == 1);
  CHECK(found.results[0].is_late);
  REQUIRE(found.results[0].answer->details);
  CHECK(found.results[0].answer->details->agent_session_id == "s-1");
}

TEST_CASE_FIXTURE(started_world, "a stock bridge cannot explain its failures") {
  auto [aut, socket] = enter("alpha");
  auto order = *make_task("alpha", "m-1");
  retry_on("idle")(order);
  auto outcome = dispatch(std::make_shared<const dispatch_order>(order));
  socket->peer_sends(
      details_frame("m-1", {{"agent_session_id", "s-1"}, {"failure", "idle"}}));
  run();
  REQUIRE(outcome->value);
  CHECK(outcome->result().error == "boom");
  CHECK_FALSE(outcome->result().details);
}

TEST_CASE_FIXTURE(details_world, "an explanation that is nested too deeply "
                                 "does not lose the answer") {
  auto outcome = request("m-1");
  auto frame = details_frame("m-1", json::object());
  frame.back() = ',';
  respond(frame + "\"metadata\":" + std::string(100'000, '[')
          + std::string(100'000, ']') + "}");
  REQUIRE(outcome->value);
  CHECK(outcome->result().content == "half");
  CHECK(outcome->result().error == "boom");
}

// -- retries ------------------------------------------------------------------

TEST_CASE_FIXTURE(details_world, "an attempt is repeated if its failure is of "
                                 "a class that the request names") {
  auto outcome = request("m-1", retry_on("idle"));
  std::ignore = dispatches();
  respond(details_frame("m-1", {{"failure", "idle"}}));
  pass(10s);
  REQUIRE(dispatches().size() == 1);
  CHECK(outcome->pending());
  respond(details_frame("m-1.2", {{"failure", "crashed"}}));
  REQUIRE(outcome->value);
  CHECK(outcome->result().details->failure == failure_class::crashed);
}

TEST_CASE_FIXTURE(details_world, "a timeout that the bridge has noticed first "
                                 "is repeated like the daemon's") {
  auto outcome = request("m-1", retry_on("timed_out"));
  respond(details_frame("m-1", {{"failure", "timed_out"}}));
  CHECK(outcome->pending());
}

TEST_CASE_FIXTURE(details_world, "a rate limit is waited for, with whatever is "
                                 "sent meanwhile") {
  auto first = request("m-1", retry_on("rate_limited"));
  std::ignore = dispatches();
  respond(details_frame(
      "m-1", {{"failure", "rate_limited"}, {"retry_at", in_the_future(5min)}}));
  auto second = request("m-2");
  CHECK(dispatches().size() == 1);
  respond(response_frame("alpha", "m-2", "done"));
  pass(4min + 30s);
  CHECK(dispatches().empty());
  pass(31s);
  auto frames = dispatches();
  REQUIRE(frames.size() == 1);
  CHECK(frames[0]["message_id"] == "m-1.2");
}

TEST_CASE_FIXTURE(details_world, "a rate limit of unknown length is not met "
                                 "again at once") {
  auto outcome = request("m-1", retry_on("rate_limited"));
  std::ignore = dispatches();
  respond(details_frame("m-1", {{"failure", "rate_limited"}}));
  pass(29s);
  CHECK(dispatches().empty());
  pass(1s);
  CHECK(dispatches().size() == 1);
  CHECK(outcome->pending());
}

TEST_CASE_FIXTURE(details_world, "a retry that waits for a rate limit keeps no "
                                 "money from others") {
  auto limits = admission_limits::none();
  limits.cost.daily = micro_usd::from_usd(1.0);
  limits.cost.reservation = micro_usd::from_usd(0.4);
  limits.per_1k_tokens = micro_usd::from_usd(0.1);
  context().admissions = std::make_shared<admission>(limits);
  auto reserved = [this] {
    return context().admissions->costs(wall_clock_now()).reserved;
  };
  auto first = request("m-1", retry_on("rate_limited"));
  CHECK(reserved() == micro_usd::from_usd(0.4));
  std::ignore = dispatches();
  respond(details_frame(
      "m-1", {{"failure", "rate_limited"}, {"retry_at", in_the_future(5min)}}));
  CHECK(reserved() == micro_usd{});
  pass(5min + 1s);
  REQUIRE(dispatches().size() == 1);
  CHECK(reserved() == micro_usd::from_usd(0.4));
  auto frame = parsed(response_frame("alpha", "m-1.2", "done"));
  frame["usage"] = {{"cost_usd", 0.25}};
  respond(frame.dump());
  CHECK(first->outcome() == "ok");
  CHECK(reserved() == micro_usd{});
  CHECK(context().admissions->costs(wall_clock_now()).daily.spent
        == micro_usd::from_usd(0.25));
}

TEST_CASE_FIXTURE(details_world, "only the time of a rate limit that is yet to "
                                 "come delays an attempt beyond its backoff") {
  auto outcome = request("m-1", retry_on("failed"));
  std::ignore = dispatches();
  SUBCASE("it is over") {
    respond(details_frame("m-1", {{"failure", "rate_limited"},
                                  {"retry_at", "2020-01-01T00:00Z"}}));
  }
  SUBCASE("it is no rate limit") {
    respond(details_frame(
        "m-1", {{"failure", "crashed"}, {"retry_at", in_the_future(5min)}}));
  }
  SUBCASE("it is shorter than the backoff") {
    respond(details_frame(
        "m-1", {{"failure", "rate_limited"}, {"retry_at", in_the_future(2s)}}));
  }
  pass(9s);
  CHECK(dispatches().empty());
  pass(1s);
  CHECK(dispatches().size() == 1);
  CHECK(outcome->pending());
}

TEST_CASE_FIXTURE(details_store, "a dispatch whose next attempt would come "
                                 "after its total timeout ends with what has "
                                 "gone wrong") {
  auto outcome = request("m-1", [](dispatch_order& x) {
    retry_on("failed")(x);
    x.options.retry.on_lost = true;
    x.options.total_timeout = 2min;
  });
  SUBCASE("because of a rate limit, however long it is") {
    respond(details_frame("m-1", {{"failure", "rate_limited"},
                                  {"retry_at", "9999-12-31T23:59:59Z"}}));
    REQUIRE(outcome->value);
    CHECK(outcome->result().error == "boom");
    CHECK(outcome->result().details->failure == failure_class::rate_limited);
    CHECK(stored("m-1").row.state == dispatch_state::failed);
    CHECK(stored("m-1").row.reason == errc::task_failed);
  }
  SUBCASE("because of its backoff") {
    pass(1min + 55s);
    respond(failed_frame("alpha", "m-1", "boom"));
    REQUIRE(outcome->value);
    CHECK(outcome->result().error == "boom");
    CHECK(stored("m-1").row.state == dispatch_state::failed);
  }
  SUBCASE("without a response") {
    pass(1min + 55s);
    caf::anon_send(link.aut, leave_atom_v, errc::evicted);
    settle();
    CHECK(outcome->outcome() == "evicted");
    CHECK(stored("m-1").row.state == dispatch_state::lost);
  }
  CHECK(stored("m-1").row.attempt == 1);
  CHECK(stored("m-1").row.max_attempts == 3);
}

TEST_CASE_FIXTURE(details_store, "the time until which a retry waits for a "
                                 "rate limit is on record") {
  auto at = wall_clock_now() + 5min;
  auto outcome = request("m-1", retry_on("rate_limited"));
  respond(details_frame(
      "m-1", {{"failure", "rate_limited"}, {"retry_at", to_iso8601(at)}}));
  auto row = stored("m-1").row;
  CHECK(row.state == dispatch_state::queued);
  REQUIRE(row.retry_at);
  CHECK(*row.retry_at >= at);
  CHECK(*row.retry_at < at + 1s);
  CHECK(row.failure == failure_class::rate_limited);
}

// -- sessions that go on ------------------------------------------------------

TEST_CASE_FIXTURE(details_store, "a follow-up hands the agent's session back, "
                                 "also when it has waited") {
  auto first = request("m-1");
  auto second = request("m-2", [](dispatch_order& x) {
    x.followup_to = message_id{"m-0"};
    x.agent_session_id = "s-0";
  });
  auto frames = dispatches();
  REQUIRE(frames.size() == 1);
  CHECK_FALSE(frames[0].contains("agent_session_id"));
  CHECK(stored("m-2").task.options == R"({"agent_session_id":"s-0"})");
  respond(response_frame("alpha", "m-1", "done"));
  frames = dispatches();
  REQUIRE(frames.size() == 1);
  CHECK(frames[0]["agent_session_id"] == "s-0");
  CHECK(frames[0]["followup_to"] == "m-0");
}

TEST_CASE_FIXTURE(details_store,
                  "a session that the agent no longer has is not "
                  "handed back again") {
  auto outcome = request("m-1", [](dispatch_order& x) {
    retry_on("failed")(x);
    x.agent_session_id = "s-0";
  });
  auto attempt = [&](const std::string& id) {
    settle();
    auto frames = dispatches();
    REQUIRE(frames.size() == 1);
    CHECK(frames[0]["message_id"] == id);
    return frames[0];
  };
  CHECK(attempt("m-1")["agent_session_id"] == "s-0");
  respond(details_frame("m-1", {{"failure", "no_session"}}));
  pass(10s);
  CHECK_FALSE(attempt("m-1.2").contains("agent_session_id"));
  respond(details_frame("m-1.2", {{"failure", "crashed"}}));
  pass(20s);
  CHECK_FALSE(attempt("m-1.3").contains("agent_session_id"));
}

TEST_CASE_FIXTURE(details_store, "a retry after another failure continues the "
                                 "same session") {
  std::ignore = request("m-1", [](dispatch_order& x) {
    retry_on("failed")(x);
    x.agent_session_id = "s-0";
  });
  std::ignore = dispatches();
  respond(details_frame("m-1", {{"failure", "crashed"}}));
  pass(10s);
  settle();
  auto frames = dispatches();
  REQUIRE(frames.size() == 1);
  CHECK(frames[0]["agent_session_id"] == "s-0");
}

TEST_CASE_FIXTURE(started_world, "a stock bridge is not told which session "
                                 "goes on") {
  auto [aut, socket] = enter("alpha");
  std::ignore = socket->take_sent();
  auto order = *make_task("alpha", "m-1");
  order.agent_session_id = "s-0";
  std::ignore = dispatch(std::make_shared<const dispatch_order>(order));
  auto sent = socket->take_sent();
  REQUIRE(sent.size() == 1);
  CHECK(parsed(sent[0]).size() == 6);
}
