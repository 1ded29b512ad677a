#include "actors/fixture.hpp"

#include <caf/send.hpp>
#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

/// A world with a dispatch under way, whose outcome other actors ask for.
struct asked_world : started_world {
  bridge link = enter("alpha");
  dispatch_reply_ptr under_way = dispatch(make_task("alpha", "m-1"));

  reply_ptr<dispatch_record> ask_outcome(const std::string& id) {
    auto out = ask<dispatch_record>(context().core.events, outcome_atom_v,
                                    message_id{id});
    run();
    return out;
  }

  [[nodiscard]] const event_hub_state& hub() {
    return state_of<event_hub_state>(context().core.events);
  }
};

} // namespace

TEST_CASE_FIXTURE(asked_world, "any actor can ask for the outcome of a "
                               "dispatch, before and after it ends") {
  auto one = ask_outcome("m-1");
  auto two = ask_outcome("m-1");
  CHECK(one->pending());
  link.socket->peer_sends(progress_frame("alpha", "m-1", "working"));
  run();
  CHECK(one->pending());
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  auto later = ask_outcome("m-1");
  for (const auto& x : {one, two, later}) {
    REQUIRE(x->value);
    CHECK(x->times == 1);
    CHECK(x->value->status == dispatch_status::completed);
    CHECK(x->value->result->content == "done");
  }
  CHECK(hub().askers.empty());
}

TEST_CASE_FIXTURE(asked_world, "the outcome of a dispatch without a response "
                               "is the reason") {
  auto one = ask_outcome("m-1");
  link.socket->end();
  run();
  REQUIRE(one->value);
  CHECK(one->value->status == dispatch_status::error);
  CHECK(one->value->why->code == errc::agent_lost);
}

TEST_CASE_FIXTURE(asked_world, "a request for the outcome of an unknown id "
                               "fails at once") {
  CHECK(ask_outcome("m-2")->outcome() == "unknown_dispatch");
}

TEST_CASE_FIXTURE(asked_world, "a hub that ends fails the requests for "
                               "outcomes, so that its successor is asked") {
  auto one = ask_outcome("m-1");
  kill_and_recover("event-hub");
  CHECK(one->outcome() == "unavailable");
  auto again = ask_outcome("m-1");
  CHECK(again->pending());
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  CHECK(again->outcome() == "ok");
}

TEST_CASE_FIXTURE(asked_world, "an asker that asks again gets one answer, and "
                               "its earlier request ends") {
  auto answers = std::make_shared<std::size_t>(0);
  auto ends = std::make_shared<std::size_t>(0);
  auto asker = spawn_on(
      sys, &thread(),
      [=, hub = context().core.events](
          caf::event_based_actor* self) -> caf::behavior {
        auto ask_once = [=] {
          self->request(hub, caf::infinite, outcome_atom_v, message_id{"m-1"})
              .then([=](const dispatch_record&) { ++*answers; },
                    [=](const caf::error& x) {
                      CHECK(is_unhandled(x));
                      ++*ends;
                    });
        };
        for (int i = 0; i < 3; ++i)
          ask_once();
        return {[](int) {}};
      });
  run();
  CHECK(*ends == 2);
  CHECK(hub().askers.size() == 1);
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  CHECK(*answers == 1);
  caf::anon_send_exit(asker, caf::exit_reason::user_shutdown);
  asker = nullptr;
  run();
}

TEST_CASE_FIXTURE(asked_world, "the hub forgets an asker that ends") {
  auto asker = spawn_on(sys, &thread(),
                        [hub = context().core.events](
                            caf::event_based_actor* self) -> caf::behavior {
                          self->request(hub, caf::infinite, outcome_atom_v,
                                        message_id{"m-1"})
                              .then([](const dispatch_record&) {});
                          return {[](int) {}};
                        });
  run();
  CHECK(hub().askers.size() == 1);
  caf::anon_send_exit(asker, caf::exit_reason::user_shutdown);
  run();
  CHECK(hub().askers.empty());
  CHECK(hub().outcome_requests.empty());
}
