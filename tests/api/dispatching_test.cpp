#include "api/dispatching.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::api;
using namespace std::chrono_literals;
using bridgekeeper::protocol::dispatch_body;

namespace {

control_options daemon_options() {
  control_options out;
  out.default_timeout = 10min;
  out.max_content = 20;
  return out;
}

auto order_for(dispatch_body body) {
  return make_order(agent_id{"alpha"}, std::move(body), daemon_options(),
                    bridgekeeper::share(session_id{"control-1"}),
                    {"192.0.2.1", {}});
}

} // namespace

TEST_CASE("an order is the task, cleaned, with an id and a deadline") {
  dispatch_body body{"  do it\n", json_object{R"({"a":1})"}, 5s};
  auto aut = order_for(body);
  REQUIRE(aut.has_value());
  const auto& order = *aut;
  CHECK(order.task.agent.str() == "alpha");
  CHECK(order.task.content == "do it");
  CHECK(order.task.context.str() == R"({"a":1})");
  CHECK(order.task.session->str() == "control-1");
  CHECK(order.timeout == 5s);
  CHECK_FALSE(order.watched_on);
}

TEST_CASE("every order has a UUID of its own") {
  auto one = order_for({"x", {}, {}});
  auto two = order_for({"x", {}, {}});
  REQUIRE(one.has_value());
  REQUIRE(two.has_value());
  const auto& id = one->task.message.str();
  CHECK(id != two->task.message.str());
  REQUIRE(id.size() == 36);
  CHECK(id[14] == '7');
}

TEST_CASE("an order without a deadline of its own gets the daemon's") {
  auto aut = order_for({"x", {}, {}});
  REQUIRE(aut.has_value());
  CHECK(aut->timeout == 10min);
}

TEST_CASE("a task must say something") {
  for (auto content : {"", "   ", "\n\t"}) {
    auto aut = order_for({content, {}, {}});
    REQUIRE_FALSE(aut.has_value());
    CHECK(aut.error().code == errc::empty_content);
  }
}

TEST_CASE("a task may be as long as the daemon allows, in characters") {
  CHECK(order_for({std::string(20, 'x'), {}, {}}).has_value());
  CHECK(order_for({"ääääääääääääääääääää", {}, {}}).has_value());
  auto aut = order_for({std::string(21, 'x'), {}, {}});
  REQUIRE_FALSE(aut.has_value());
  CHECK(aut.error().code == errc::content_too_long);
  CHECK(to_string(aut.error()) == "content must be <= 20 characters");
}

// -- idempotency keys ---------------------------------------------------------

TEST_CASE("two requests are the same only if they agree in everything that "
          "makes a difference") {
  auto hash = [](dispatch_body body, const std::string& agent = "alpha",
                 request_form form = request_form::dispatch) {
    auto order = make_order(agent_id{agent}, std::move(body), daemon_options(),
                            bridgekeeper::share(session_id{"control-1"}));
    REQUIRE(order.has_value());
    return make_key("k", *order, form, "token").body_hash;
  };
  auto changed = [](auto change) {
    dispatch_body out;
    out.content = "x";
    change(out);
    return out;
  };
  auto plain = hash(changed([](auto&) {}));
  CHECK(plain == hash(changed([](auto& x) { x.content = " x\n"; })));
  CHECK(plain
        == hash(changed([](auto& x) { x.context = json_object{"{ }"}; })));
  CHECK(plain == hash(changed([](auto& x) { x.idempotency_key = "k"; })));
  CHECK(plain == hash(changed([](auto& x) { x.wait = 5s; })));
  CHECK(plain != hash(changed([](auto&) {}), "beta"));
  auto followup_to = [&](const char* earlier) {
    return hash(changed([&](auto& x) { x.followup_to = message_id{earlier}; }),
                "alpha", request_form::followup);
  };
  const std::vector<std::string> others{
      hash(changed([](auto& x) { x.content = "y"; })),
      hash(changed([](auto& x) { x.context = json_object{R"({"a":1})"}; })),
      hash(changed([](auto& x) { x.options.timeout = 10min; })),
      hash(changed([](auto& x) { x.options.queue_timeout = 10min; })),
      hash(changed([](auto& x) { x.options.retry.max_attempts = 2; })),
      hash(changed([](auto& x) { x.followup_to = message_id{"m-1"}; })),
      hash(changed([](auto&) {}), "alpha", request_form::followup),
      followup_to("m-1"),
      followup_to("m-2"),
      hash(changed([](auto& x) { x.require = {"gpu"}; })),
      hash(changed([](auto& x) {
        x.require = {"gpu", "python"};
      })),
  };
  for (const auto& other : others) {
    CHECK(other != plain);
    CHECK(std::count(others.begin(), others.end(), other) == 1);
  }
}
