#include "actors/fixture.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

TEST_CASE_FIXTURE(started_world, "when the registry dies, no socket closes and "
                                 "every agent is known to the next one") {
  auto a = enter("a");
  auto b = enter("b");
  auto before = context().core.registry;
  kill_and_recover("registry");
  CHECK(context().core.registry != before);
  CHECK_FALSE(a.socket->closed);
  CHECK_FALSE(b.socket->closed);
  CHECK(a.socket->take_sent().empty());
  CHECK(view("a").connected);
  CHECK(view("a").number == incarnation{1});
  CHECK(view("b").number == incarnation{2});
  CHECK(count("registry") == 1);
}

TEST_CASE_FIXTURE(started_world, "incarnations never repeat, however often the "
                                 "registry dies") {
  std::uint64_t last = 0;
  for (int i = 0; i < 5; ++i) {
    auto link = enter("alpha");
    auto number = to_number(view("alpha").number);
    CHECK(number > last);
    last = number;
    kill_and_recover("registry");
    CHECK(to_number(view("alpha").number) == number);
  }
}

TEST_CASE_FIXTURE(started_world, "a dispatch under way does not notice that "
                                 "the registry died") {
  auto link = enter("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  kill("registry");
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  CHECK(outcome->outcome() == "ok");
  CHECK(outcome->times == 1);
}

TEST_CASE_FIXTURE(started_world, "an agent that leaves while there is no "
                                 "registry is away for the next one") {
  auto gone = enter("gone");
  auto here = enter("here");
  kill("registry");
  gone.socket->end();
  run();
  auto list = answer<agent_list>(context().core.registry, list_atom_v);
  REQUIRE(list.value.value()->size() == 2);
  CHECK_FALSE(list.value.value()->front().connected);
  CHECK(list.value.value()->back().connected);
}

namespace {

/// Two threads, of which the second is slow: after the registry died, its
/// agents have not yet announced themselves.
struct recovering_world : started_world {
  bridge quick;
  bridge slow;

  recovering_world() : started_world(2) {
    quick = enter("quick", 0);
    slow = enter("slow", 1);
    std::ignore = quick.socket->take_sent();
    kill("registry");
    thread(0).run();
  }

  template <class T, class... Ts>
  reply_ptr<T> ask_now(Ts... question) {
    auto out = ask<T>(context(0).core.registry, question...);
    thread(0).run();
    return out;
  }

  dispatch_reply_ptr dispatch_now(const std::string& id,
                                  const std::string& message = "m-1") {
    auto out = ask_dispatch(context(0).core.registry, make_task(id, message));
    thread(0).run();
    return out;
  }
};

} // namespace

TEST_CASE_FIXTURE(recovering_world, "questions that a registry cannot answer "
                                    "yet are put off, and then answered") {
  auto list = ask_now<agent_list>(list_atom_v);
  auto found = ask_now<agent_view>(find_atom_v, agent_id{"slow"});
  auto report = ask_now<agent_report>(report_atom_v, agent_id{"slow"});
  auto nobody = ask_now<agent_view>(find_atom_v, agent_id{"nobody"});
  auto outcome = dispatch_now("slow");
  auto in_vain = dispatch_now("nobody", "m-2");
  CHECK(list->pending());
  CHECK(found->pending());
  CHECK(report->pending());
  CHECK(nobody->pending());
  CHECK(in_vain->pending());
  CHECK(slow.socket->take_sent().empty());
  run();
  CHECK(list->value.value()->size() == 2);
  CHECK(found->value.value().connected);
  CHECK(report->value.value().thread == 1);
  CHECK(nobody->outcome() == "unknown_agent");
  CHECK(in_vain->outcome() == "unknown_agent");
  CHECK(outcome->pending());
  REQUIRE(slow.socket->take_sent().size() == 1);
  slow.socket->peer_sends(response_frame("slow", "m-1", "done"));
  run();
  CHECK(outcome->outcome() == "ok");
}

TEST_CASE_FIXTURE(recovering_world, "an agent that is known already is not "
                                    "made to wait for the others") {
  auto outcome = dispatch_now("quick");
  CHECK(quick.socket->take_sent().size() == 1);
}

TEST_CASE_FIXTURE(recovering_world, "an order to leave is put off as well") {
  auto done = ask_now<bool>(evict_atom_v, agent_id{"slow"});
  CHECK(done->pending());
  run();
  CHECK(done->value == true);
  CHECK(slow.socket->closed.value().code == 4003);
}

TEST_CASE_FIXTURE(recovering_world, "a bridge can register during recovery, "
                                    "and replaces the one not heard of yet") {
  auto newer = connect(0);
  newer.socket->peer_sends(register_frame("slow"));
  thread(0).run();
  run();
  CHECK(slow.socket->closed.value().code == 4002);
  CHECK_FALSE(newer.socket->closed);
  CHECK(view("slow").number == incarnation{3});
}

TEST_CASE_FIXTURE(recovering_world, "questions put off are answered even if "
                                    "the registry dies over them") {
  auto found = ask_now<agent_view>(find_atom_v, agent_id{"slow"});
  auto outcome = dispatch_now("slow");
  REQUIRE(found->pending());
  kill("registry");
  run();
  CHECK_FALSE(found->pending());
  // Either answer is right but none: the dispatch was not begun.
  CHECK_FALSE(outcome->pending());
  CHECK(view("slow").connected);
}

TEST_CASE_FIXTURE(recovering_world, "a registry that dies while it recovers is "
                                    "replaced by one that does recover") {
  kill("registry");
  run();
  CHECK(view("quick").number == incarnation{1});
  CHECK(view("slow").number == incarnation{2});
  CHECK_FALSE(state_of<registry_state>(context().core.registry).recovering());
}
