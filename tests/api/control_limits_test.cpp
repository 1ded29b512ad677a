#include "api/channel_fixture.hpp"
#include "api/control_fixture.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

const std::string path = "/control/agents/alpha/dispatch";
const std::string body = R"({"content":"do it"})";

/// Limit, remaining and reset of the agent, then of the address.
std::string rates_of(const net::http_response& x) {
  std::string out;
  for (auto whose : {"agent", "ip"})
    for (auto what : {"limit", "remaining", "reset"})
      out +=
          header_of(x, std::string{"x-ratelimit-"} + what + "-" + whose) + " ";
  return out;
}

struct limited_control : control_world {
  limited_control() {
    context().admissions->change_limits(
        {.agent_per_minute = 2, .ip_per_minute = 3});
  }

  net::http_response dispatch_from(const std::string& ip,
                                   const std::string& forwarded = "") {
    fake_request request;
    request.verb = "POST";
    request.path = path;
    request.text = body;
    request.ip = ip;
    request.headers["authorization"] = "Bearer " + test_token;
    if (!forwarded.empty())
      request.headers["x-forwarded-for"] = forwarded;
    return send(std::move(request));
  }

  void trust(const char* network) {
    context().control.proxies = std::make_shared<net::proxy_trust>(
        std::vector{net::parse_network(network).value()});
  }
};

} // namespace

// Contract section 3.
TEST_CASE_FIXTURE(limited_control, "an answer to a dispatch tells the rates") {
  auto link = enter("alpha");
  auto answer = post(path, body);
  CHECK(answer.status == 200);
  CHECK(rates_of(answer) == "2 1 60 3 2 60 ");
  pass(20s);
  CHECK(rates_of(post(path, body)) == "2 0 40 3 1 40 ");
}

TEST_CASE_FIXTURE(limited_control, "a dispatch too many gets 429 and when to "
                                   "come again") {
  auto link = enter("alpha");
  post(path, body);
  post(path, body);
  pass(15s);
  auto answer = post(path, body);
  CHECK(answer.status == 429);
  CHECK(answer.body
        == R"({"detail":"Rate limit exceeded","code":"rate_limited",)"
           R"("retryable":true,"retry_after_s":45})");
  CHECK(rates_of(answer) == "2 0 45 3 1 45 ");
  CHECK(header_of(answer, "retry-after") == "45");
}

TEST_CASE_FIXTURE(limited_control, "a refused dispatch tells the rates, too") {
  CHECK(rates_of(post(path, body)) == "2 2 0 3 3 0 ");
  CHECK(last_answer().status == 404);
  auto link = enter("alpha");
  post(path, body);
  CHECK(rates_of(post(path, "{}")) == "2 1 60 3 2 60 ");
  CHECK(last_answer().status == 422);
  CHECK(rates_of(post(path, R"({"content":" "})")) == "2 1 60 3 2 60 ");
  CHECK(last_answer().status == 400);
}

TEST_CASE_FIXTURE(limited_control, "a stranger is not told how busy an agent "
                                   "is") {
  auto link = enter("alpha");
  post(path, body);
  fake_request request;
  request.verb = "POST";
  request.path = path;
  auto answer = send(std::move(request));
  CHECK(answer.status == 401);
  CHECK(rates_of(answer) == "2 2 0 3 2 60 ");
}

TEST_CASE_FIXTURE(limited_control, "other answers tell no rates") {
  auto link = enter("alpha");
  post(path, body);
  CHECK(rates_of(get("/control/agents")) == "      ");
  CHECK(rates_of(get(path)) == "      ");
  CHECK(last_answer().status == 405);
}

TEST_CASE_FIXTURE(control_world, "rates that are off are told as the contract "
                                 "says") {
  auto link = enter("alpha");
  CHECK(rates_of(post(path, body)) == "0 -1 0 0 -1 0 ");
}

TEST_CASE_FIXTURE(control_world, "a dispatch over a cost limit gets 402") {
  context().admissions->change_limits(
      {0,
       0,
       {micro_usd{1}, micro_usd{2'500'000}, micro_usd{2}, 0.8},
       micro_usd{1}});
  auto link = enter("alpha");
  auto answer = post(path, body);
  CHECK(answer.status == 402);
  CHECK(detail_of(answer)
        == "Cost limit exceeded. Session: $0.00 / $0.00, Daily: $0.00 / "
           "$2.50");
}

// -- behind a proxy -----------------------------------------------------------

TEST_CASE_FIXTURE(limited_control, "behind a trusted proxy each client has its "
                                   "own rate") {
  context().admissions->change_limits({.ip_per_minute = 1});
  trust("192.0.2.0/24");
  auto link = enter("alpha");
  CHECK(dispatch_from("192.0.2.1", "203.0.113.1").status == 200);
  CHECK(dispatch_from("192.0.2.1", "203.0.113.1").status == 429);
  CHECK(dispatch_from("192.0.2.1", "203.0.113.2").status == 200);
  CHECK(dispatch_from("192.0.2.9", "1.1.1.1, 203.0.113.2").status == 429);
}

TEST_CASE_FIXTURE(limited_control, "whom a stranger pretends to ask for does "
                                   "not count") {
  context().admissions->change_limits({.ip_per_minute = 1});
  trust("192.0.2.0/24");
  auto link = enter("alpha");
  CHECK(dispatch_from("203.0.113.9", "203.0.113.1").status == 200);
  CHECK(dispatch_from("203.0.113.9", "203.0.113.2").status == 429);
}

TEST_CASE_FIXTURE(limited_control,
                  "unregistered bridges behind a trusted proxy "
                  "are counted by their own address") {
  context().ledger = std::make_shared<net::connection_ledger>(
      net::connection_limits{.unregistered = 9, .unregistered_per_ip = 1});
  trust("192.0.2.0/24");
  auto upgrade_from = [this](const std::string& client) {
    auto link = open();
    fake_request request;
    request.path = "/ws/agent-bridge";
    request.upgrade = true;
    request.headers["x-forwarded-for"] = client;
    link->peer_asks(std::move(request));
    run();
    if (link->websocket)
      watch(link->websocket);
    return link;
  };
  auto first = upgrade_from("203.0.113.1");
  CHECK(first->websocket != nullptr);
  auto second = upgrade_from("203.0.113.1");
  CHECK(second->websocket == nullptr);
  REQUIRE(second->answers.size() == 1);
  CHECK(second->answers.back().status == 503);
  CHECK(upgrade_from("203.0.113.2")->websocket != nullptr);
}

// -- /ws/control --------------------------------------------------------------

TEST_CASE_FIXTURE(channel_world, "dispatches over a control channel count "
                                 "alike") {
  context().admissions->change_limits({.ip_per_minute = 1});
  auto link = enter("alpha");
  auto ask = [this](const char* id) {
    say({{"type", "dispatch"},
         {"id", id},
         {"agent_id", "alpha"},
         {"content", "do it"}});
    return heard();
  };
  CHECK(ask("1").at(0).at("type") == "accepted");
  auto refused = ask("2").at(0);
  CHECK(refused.at("type") == "error");
  CHECK(refused.at("code") == "rate_limited");
  CHECK(refused.at("detail") == "Rate limit exceeded");
  CHECK(refused.at("retry_helps") == true);
  // The address is the channel's own, not each request's.
  CHECK(context()
            .admissions->rates(agent_id{"alpha"}, "192.0.2.8", now())
            .ip.remaining
        == 0);
}
