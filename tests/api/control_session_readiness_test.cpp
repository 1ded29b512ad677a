#include "api/control_fixture.hpp"

#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/typed_response_promise.hpp>
#include <doctest/doctest.h>

#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

using promise = caf::typed_response_promise<bool>;

/// A world in which a core actor can be replaced by one that keeps who asks it
/// waiting.
struct readiness_world : control_world {
  std::vector<promise> asked;
  caf::actor mute = sys.spawn([this](caf::event_based_actor* self) {
    return caf::behavior{[this, self](ping_atom) {
                           asked.push_back(
                               self->make_response_promise<promise>());
                           return asked.back();
                         },
                         [](fetch_atom, const agent_id&) {}};
  });

  ~readiness_world() {
    asked.clear();
    caf::anon_send_exit(mute, caf::exit_reason::kill);
  }

  void silence_registry() {
    auto core = context().core;
    core.registry = caf::actor_cast<registry_actor>(mute);
    replace_core(context(), core);
  }

  void silence_dispatcher() {
    auto core = context().core;
    core.dispatcher = caf::actor_cast<dispatcher_actor>(mute);
    replace_core(context(), core);
  }

  void silence_hub() {
    auto core = context().core;
    core.events = caf::actor_cast<event_hub_actor>(mute);
    replace_core(context(), core);
  }

  /// What `/readyz` says once it has waited for a second.
  std::string refusal() {
    ask_http("GET", "/readyz");
    pass(900ms, 100ms);
    CHECK(http->answers.empty());
    pass(200ms, 100ms);
    REQUIRE(http->answers.size() == 1);
    CHECK(last_answer().status == 503);
    return last_answer().body;
  }
};

} // namespace

TEST_CASE_FIXTURE(readiness_world, "a daemon whose core answers is ready") {
  CHECK(get("/readyz").status == 200);
}

TEST_CASE_FIXTURE(readiness_world, "a daemon whose dispatcher is silent for a "
                                   "second is not ready") {
  silence_dispatcher();
  CHECK(refusal()
        == R"({"status":"unavailable","detail":"the dispatcher )"
           R"(does not answer",)"
           R"("code":"unavailable","retryable":true,"retry_after_s":1})");
}

TEST_CASE_FIXTURE(readiness_world, "a daemon whose registry is silent for a "
                                   "second is not ready") {
  silence_registry();
  CHECK(refusal()
        == R"({"status":"unavailable","detail":"the registry )"
           R"(does not answer",)"
           R"("code":"unavailable","retryable":true,"retry_after_s":1})");
}

TEST_CASE_FIXTURE(readiness_world, "a daemon whose event hub is silent for a "
                                   "second is not ready") {
  silence_hub();
  CHECK(refusal()
        == R"({"status":"unavailable","detail":"the event hub )"
           R"(does not answer",)"
           R"("code":"unavailable","retryable":true,"retry_after_s":1})");
}

TEST_CASE_FIXTURE(readiness_world, "an answer that comes after that is not "
                                   "told") {
  silence_registry();
  std::ignore = refusal();
  REQUIRE(asked.size() == 1);
  asked[0].deliver(true);
  run();
  pass(2s);
  CHECK(http->answers.size() == 1);
}
