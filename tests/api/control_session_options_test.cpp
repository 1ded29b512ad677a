#include "api/control_fixture.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <tuple>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

const std::string after_alpha = "/control/agents/alpha/followup";
const std::string to_any = "/control/dispatch";

struct options_world : control_world {
  bridge link = enter("alpha");

  /// Posts with an idempotency key in the header.
  net::http_response post_once(const std::string& to, const json& task,
                               const std::string& key) {
    fake_request request;
    request.verb = "POST";
    request.path = to;
    request.text = task.dump();
    request.headers["authorization"] = "Bearer " + test_token;
    request.headers["Idempotency-Key"] = key;
    return send(std::move(request));
  }

  /// The id of a dispatch that the bridge has received.
  std::string sent(const net::http_response& x) {
    REQUIRE(x.status == 200);
    REQUIRE_FALSE(link.socket->take_sent().empty());
    return parsed(x.body)["message_id"];
  }

  json frame() {
    auto frames = link.socket->take_sent();
    REQUIRE(frames.size() == 1);
    return parsed(frames[0]);
  }
};

/// Installs a registry that answers every request for a dispatch.
void replace_registry(control_world& world, const acceptance& answer,
                      std::shared_ptr<dispatch_order_ptr> seen) {
  auto fake = world.sys.spawn([=](caf::event_based_actor*) -> caf::behavior {
    return {[=](dispatch_atom, const dispatch_order_ptr& order) {
      *seen = order;
      auto out = answer;
      out.message = order->task.message;
      return out;
    }};
  });
  world.context().core.registry = caf::actor_cast<registry_actor>(fake);
}

} // namespace

// -- what a dispatch follows up -----------------------------------------------

TEST_CASE_FIXTURE(options_world, "a dispatch may follow up one of its agent") {
  auto earlier = sent(post(to_alpha, R"({"content":"x"})"));
  auto answer = post(
      to_alpha,
      json{{"content", "y"}, {"context", {{"a", 1}}}, {"followup_to", earlier}}
          .dump());
  CHECK(answer.status == 200);
  CHECK(frame()["context"] == json{{"a", 1}});
}

TEST_CASE_FIXTURE(options_world, "a follow-up may name the dispatch that it "
                                 "follows up") {
  auto first = sent(post(to_alpha, R"({"content":"x"})"));
  auto second = sent(post(to_alpha, R"({"content":"y"})"));
  REQUIRE(
      post(after_alpha, json{{"content", "z"}, {"followup_to", first}}.dump())
          .status
      == 200);
  CHECK(frame()["context"]
        == json{{"is_followup", true}, {"followup_to", first}});
  // The follow-up is the newest one now.
  REQUIRE(post(after_alpha, R"({"content":"z"})").status == 200);
  CHECK(frame()["context"]["followup_to"] != second);
}

TEST_CASE_FIXTURE(options_world, "a follow-up takes the options of a "
                                 "dispatch") {
  auto earlier = sent(post(to_alpha, R"({"content":"x"})"));
  for (const auto& wrong :
       {json{{"timeout_s", "bad"}}, json{{"retry", 5}},
        json{{"priority", "urgent"}}, json{{"durability", "full"}},
        json{{"idempotency_key", ""}}}) {
    json body = {{"content", "y"}};
    body.update(wrong);
    CAPTURE(body.dump());
    auto answer = post(after_alpha, body.dump());
    CHECK(answer.status == 422);
    CHECK(parsed(answer.body)["detail"][0]["loc"][1] == wrong.begin().key());
  }
  CHECK(link.socket->take_sent().empty());
  // Its timeout is the one that it asks for.
  auto late = sent(post(after_alpha, R"({"content":"y","timeout_s":3})"));
  pass(4s);
  auto known = parsed(get("/control/dispatches/" + late).body);
  CHECK(known["reason"] == "timeout");
}

TEST_CASE_FIXTURE(options_world, "a follow-up may wait for an agent that is "
                                 "away") {
  auto earlier = sent(post(to_alpha, R"({"content":"x"})"));
  link.socket->end();
  run();
  CHECK(post(after_alpha, R"({"content":"y"})").status == 409);
  auto answer = post(after_alpha, R"({"content":"y","queue_timeout_s":60})");
  CHECK(answer.status == 200);
  auto back = connect();
  back.socket->peer_sends(register_frame("alpha"));
  run();
  auto frames = back.socket->take_sent();
  // After `registered`.
  REQUIRE(frames.size() == 2);
  CHECK(parsed(frames[1])["context"]["followup_to"] == earlier);
}

TEST_CASE_FIXTURE(options_world, "an unknown dispatch cannot be followed up: "
                                 "404") {
  for (const auto& path : {to_alpha, after_alpha}) {
    CAPTURE(path);
    auto answer = post(path, R"({"content":"x","followup_to":"nothing"})");
    CHECK(answer.status == 404);
    CHECK(detail_of(answer) == "Dispatch not found");
  }
  CHECK(link.socket->take_sent().empty());
}

TEST_CASE_FIXTURE(options_world, "a dispatch of another agent cannot be "
                                 "followed up: 422") {
  auto other = enter("beta");
  auto earlier =
      parsed(post("/control/agents/beta/dispatch", R"({"content":"x"})").body);
  auto id = earlier["message_id"].get<std::string>();
  for (const auto& path : {to_alpha, after_alpha}) {
    CAPTURE(path);
    auto answer =
        post(path, json{{"content", "x"}, {"followup_to", id}}.dump());
    CHECK(answer.status == 422);
    CHECK(parsed(answer.body)["detail"]
          == json{{{"type", "value_error"},
                   {"loc", {"body", "followup_to"}},
                   {"msg", "followup_to: dispatch " + id
                               + " is not one of agent alpha"},
                   {"input", id}}});
  }
  CHECK(link.socket->take_sent().empty());
}

// -- idempotency keys without a store -----------------------------------------

TEST_CASE_FIXTURE(options_world, "without a store, a repeated request starts "
                                 "nothing twice") {
  json task = {{"content", "x"}, {"context", {{"a", 1}}}};
  auto first = post_once(to_alpha, task, "k");
  auto id = sent(first);
  auto again = post_once(to_alpha, task, "k");
  CHECK(again.status == 200);
  CHECK(again.body == first.body);
  // The key may be in the body as well.
  task["idempotency_key"] = "k";
  CHECK(post(to_alpha, task.dump()).body == first.body);
  CHECK(link.socket->take_sent().empty());
  // A bridge that is away does not matter to what was accepted.
  link.socket->end();
  run();
  CHECK(post_once(to_alpha, task, "k").body == first.body);
}

TEST_CASE_FIXTURE(options_world, "without a store, a repeated request may wait "
                                 "for the outcome of the first") {
  auto id = sent(post_once(to_alpha, {{"content", "x"}}, "k"));
  link.socket->peer_sends(response_frame("alpha", id, "done"));
  run();
  auto again = post_once(to_alpha + "?wait=5", {{"content", "x"}}, "k");
  CHECK(again.status == 200);
  CHECK(parsed(again.body)["content"] == "done");
}

TEST_CASE_FIXTURE(options_world, "without a store, a key of another request is "
                                 "refused: 422") {
  auto earlier = sent(post(to_alpha, R"({"content":"earlier"})"));
  auto id = sent(post_once(to_alpha, {{"content", "x"}}, "k"));
  for (const auto& other :
       {json{{"content", "y"}}, json{{"content", "x"}, {"context", {{"a", 1}}}},
        json{{"content", "x"}, {"timeout_s", 5}},
        json{{"content", "x"}, {"queue_timeout_s", 5}},
        json{{"content", "x"}, {"priority", "high"}},
        json{{"content", "x"}, {"retry", {{"max_attempts", 2}}}},
        json{{"content", "x"}, {"followup_to", earlier}}}) {
    CAPTURE(other.dump());
    auto answer = post_once(to_alpha, other, "k");
    CHECK(answer.status == 422);
    CHECK(detail_of(answer)
          == "This Idempotency-Key was used for another request");
  }
  CHECK(link.socket->take_sent().empty());
}

TEST_CASE_FIXTURE(options_world, "without a store, no dispatch can ask for a "
                                 "durability: 422") {
  auto answer = post(to_alpha, R"({"content":"x","durability":"full"})");
  CHECK(answer.status == 422);
  CHECK(parsed(answer.body)["detail"][0]["loc"] == json{"body", "durability"});
  CHECK(link.socket->take_sent().empty());
}

TEST_CASE_FIXTURE(options_world, "a refused dispatch consumes no key") {
  auto refused =
      post_once("/control/agents/nobody/dispatch", {{"content", "x"}}, "k");
  CHECK(refused.status == 404);
  CHECK(post_once(to_alpha, {{"content", "other"}}, "k").status == 200);
}

TEST_CASE_FIXTURE(options_world, "a repeated follow-up starts nothing twice") {
  auto earlier = sent(post(to_alpha, R"({"content":"x"})"));
  auto first = post_once(after_alpha, {{"content", "y"}}, "k");
  CHECK(sent(first) != earlier);
  auto again = post_once(after_alpha, {{"content", "y"}}, "k");
  CHECK(again.body == first.body);
  CHECK(link.socket->take_sent().empty());
}

TEST_CASE_FIXTURE(options_world, "a follow-up that is repeated with the key "
                                 "in its body starts nothing twice") {
  auto earlier = sent(post(to_alpha, R"({"content":"x"})"));
  const std::string body = R"({"content":"y","idempotency_key":"k"})";
  auto first = post(after_alpha, body);
  sent(first);
  // Now another dispatch is the newest one.
  CHECK(post(after_alpha, body).body == first.body);
  sent(post(to_alpha, R"({"content":"z"})"));
  CHECK(post(after_alpha, body).body == first.body);
  CHECK(post_once(after_alpha, {{"content", "y"}}, "k").body == first.body);
  CHECK(link.socket->take_sent().empty());
}

TEST_CASE_FIXTURE(options_world, "a dispatch and a follow-up cannot have the "
                                 "same key: 422") {
  auto first = sent(post_once(to_alpha, {{"content", "x"}}, "k"));
  auto second = sent(post_once(after_alpha, {{"content", "x"}}, "f"));
  for (const auto& [path, body, key] :
       {std::tuple{after_alpha, json{{"content", "x"}}, "k"},
        std::tuple{to_alpha, json{{"content", "x"}}, "f"},
        std::tuple{after_alpha, json{{"content", "x"}, {"followup_to", first}},
                   "f"},
        std::tuple{to_alpha, json{{"content", "x"}, {"followup_to", first}},
                   "f"}}) {
    CAPTURE(path);
    CAPTURE(body.dump());
    auto answer = post_once(path, body, key);
    CHECK(answer.status == 422);
    CHECK(parsed(answer.body)["code"] == "idempotency_conflict");
  }
  CHECK(link.socket->take_sent().empty());
}

TEST_CASE_FIXTURE(options_world, "follow-ups to different dispatches cannot "
                                 "have the same key: 422") {
  auto first = sent(post(to_alpha, R"({"content":"x"})"));
  auto second = sent(post(to_alpha, R"({"content":"y"})"));
  auto after = [](const std::string& id) {
    return json{{"content", "z"}, {"followup_to", id}};
  };
  auto answer = post_once(after_alpha, after(first), "k");
  sent(answer);
  CHECK(post_once(after_alpha, after(second), "k").status == 422);
  CHECK(post_once(after_alpha, after(first), "k").body == answer.body);
}

TEST_CASE_FIXTURE(options_world, "of two keys in one request, neither "
                                 "applies: 400") {
  auto answer = post_once(
      to_alpha, {{"content", "x"}, {"idempotency_key", "one"}}, "two");
  CHECK(answer.status == 400);
  CHECK(detail_of(answer)
        == "Idempotency-Key and idempotency_key differ; send only one of them");
  CHECK(
      post_once(to_alpha, {{"content", "x"}, {"idempotency_key", "one"}}, "one")
          .status
      == 200);
}

TEST_CASE_FIXTURE(options_world, "a request whose key another one has reserved "
                                 "waits for what becomes of that one") {
  auto id = sent(post(to_alpha, R"({"content":"earlier"})"));
  auto& keys = *context().keys;
  idempotency_key key{std::string{plain_token_label}, "k", "hash",
                      wall_clock_now() + 1h};
  auto ask = [&] {
    fake_request request;
    request.verb = "POST";
    request.path = to_alpha;
    request.text = R"({"content":"x"})";
    request.headers["authorization"] = "Bearer " + test_token;
    request.headers["Idempotency-Key"] = "k";
    http->peer_asks(std::move(request));
    run();
  };
  SUBCASE("it is refused in the end") {
    REQUIRE(keys.claim(key, message_id{"rival"}, wall_clock_now()).id.str()
            == "rival");
    auto before = http->answers.size();
    ask();
    CHECK(http->answers.size() == before);
    CHECK(link.socket->take_sent().empty());
    keys.release(key, message_id{"rival"});
    pass(20ms);
    REQUIRE(http->answers.size() == before + 1);
    CHECK(last_answer().status == 200);
    CHECK(link.socket->take_sent().size() == 1);
  }
  SUBCASE("it is on record, although its requester never settled the key") {
    REQUIRE(keys.claim(key, message_id{id}, wall_clock_now()).id.str() == id);
    ask();
    // The hash above is another one.
    CHECK(last_answer().status == 422);
    CHECK(keys.find(key, wall_clock_now())->is_settled);
    CHECK(link.socket->take_sent().empty());
  }
  SUBCASE("nobody ever hears of it again") {
    REQUIRE(keys.claim(key, message_id{"rival"}, wall_clock_now()).id.str()
            == "rival");
    auto before = http->answers.size();
    ask();
    for (auto i = 0; i < 60 && http->answers.size() == before; ++i)
      pass(20ms);
    REQUIRE(http->answers.size() == before + 1);
    CHECK(last_answer().status == 200);
    CHECK(link.socket->take_sent().size() == 1);
  }
}

// -- dispatches whose agent the daemon chooses --------------------------------

TEST_CASE_FIXTURE(options_world, "POST /control/dispatch may name the agent") {
  auto answer = post(to_any, R"({"content":"x","agent_id":"alpha"})");
  CHECK(parsed(answer.body)["agent_id"] == "alpha");
  auto id = sent(answer);
  CHECK(id.size() == 36);
}

TEST_CASE_FIXTURE(options_world, "POST /control/dispatch needs a target: 422") {
  auto answer = post(to_any, R"({"content":"x"})");
  CHECK(answer.status == 422);
  CHECK(parsed(answer.body)["detail"][0]["loc"] == json{"body", "agent_id"});
  answer = post(to_any, R"({"content":"x","require":"gpu"})");
  CHECK(answer.status == 422);
  CHECK(parsed(answer.body)["detail"][0]["type"] == "list_type");
  answer = post(to_any, R"({"content":"x","agent_id":"not_an_id"})");
  CHECK(answer.status == 422);
  CHECK(parsed(answer.body)["code"] == "invalid_message");
  CHECK(parsed(post(to_any, "{").body)["code"] == "invalid_json");
}

TEST_CASE_FIXTURE(control_world, "the registry chooses the agent of a dispatch "
                                 "that names none") {
  auto seen = std::make_shared<dispatch_order_ptr>();
  acceptance chosen;
  chosen.agent = agent_id{"gamma"};
  replace_registry(*this, chosen, seen);
  auto answer =
      post(to_any, R"({"content":"x","require":["gpu"],"priority":"high"})");
  CHECK(answer.status == 200);
  auto body = parsed(answer.body);
  CHECK(body["agent_id"] == "gamma");
  CHECK(body["status"] == "dispatched");
  REQUIRE(*seen);
  CHECK((*seen)->task.agent.str().empty());
  CHECK((*seen)->require == std::vector<std::string>{"gpu"});
  CHECK((*seen)->options.priority == dispatch_priority::high);
  CHECK(body["message_id"] == (*seen)->task.message.str());
}

TEST_CASE_FIXTURE(control_world, "the agent of a queued dispatch may be "
                                 "unknown yet") {
  auto seen = std::make_shared<dispatch_order_ptr>();
  replace_registry(*this, {}, seen);
  auto answer = post(to_any, R"({"content":"x","require":["gpu"]})");
  CHECK(answer.status == 200);
  CHECK(parsed(answer.body)["agent_id"].is_null());
}
