#include "actors/fixture.hpp"

#include <caf/actor_cast.hpp>
#include <caf/monitorable_actor.hpp>
#include <doctest/doctest.h>

#include <stdexcept>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

std::shared_ptr<const progress> report(const std::string& id,
                                       const std::string& status) {
  progress out;
  out.message = message_id{id};
  out.status = status;
  return std::make_shared<const progress>(std::move(out));
}

dispatch_outcome lost(const std::string& id) {
  return {message_id{id}, failure{errc::agent_lost, {}}, {}, {}};
}

template <class Handle>
bool has_ended(const Handle& whom) {
  return caf::actor_cast<caf::monitorable_actor*>(whom)->getf(
      caf::abstract_actor::is_terminated_flag);
}

/// Records the calls it gets.
struct diary : dispatch_watch {
  diary(dispatch_board& board, const std::string& id)
    : dispatch_watch(board, message_id{id}) {}

  [[nodiscard]] caf::actor_addr owner() const override {
    return whose;
  }

  void on_progress(const progress& x) override {
    heard += x.status + " ";
  }

  void on_outcome(const dispatch_outcome& x) override {
    if (breaks)
      throw std::runtime_error("injected");
    heard += token(x.result.error().code);
  }

  caf::actor_addr whose;
  std::string heard;
  bool breaks = false;
};

} // namespace

TEST_CASE_FIXTURE(world, "a watch gets the news of its own dispatch only") {
  auto& board = context().board;
  diary one{board, "m-1"};
  diary two{board, "m-2"};
  board.notify(report("m-1", "working"));
  board.notify(report("m-3", "lost"));
  board.notify(lost("m-1"));
  CHECK(one.heard == "working agent_lost");
  CHECK(two.heard.empty());
}

TEST_CASE_FIXTURE(world, "news from another thread arrives in order, and not "
                         "within the call") {
  auto& board = context().board;
  diary one{board, "m-1"};
  board.post(report("m-1", "reading"));
  board.post(report("m-1", "writing"));
  board.post(lost("m-1"));
  CHECK(one.heard.empty());
  run();
  CHECK(one.heard == "reading writing agent_lost");
  board.post(report("m-1", "again"));
  run();
  CHECK(one.heard == "reading writing agent_lostagain ");
}

TEST_CASE_FIXTURE(world, "news of a dispatch whose watch is gone is dropped") {
  auto& board = context().board;
  {
    diary one{board, "m-1"};
    board.post(lost("m-1"));
  }
  run();
  CHECK(board.find(message_id{"m-1"}) == nullptr);
}

TEST_CASE_FIXTURE(world, "a second watch of one id changes nothing for the "
                         "first") {
  auto& board = context().board;
  diary first{board, "m-1"};
  { diary second{board, "m-1"}; }
  board.notify(lost("m-1"));
  CHECK(first.heard == "agent_lost");
}

namespace {

/// Destroys itself, and another watch, when its dispatch ends.
struct last_words : diary {
  using diary::diary;

  void on_outcome(const dispatch_outcome&) override {
    other.reset();
    // Nothing may be used after this.
    mine.reset();
  }

  std::unique_ptr<diary> other;
  std::unique_ptr<last_words>& mine;

  last_words(dispatch_board& board, const std::string& id,
             std::unique_ptr<last_words>& me)
    : diary(board, id), mine(me) {}
};

} // namespace

TEST_CASE_FIXTURE(world, "a watch may destroy itself and others when its "
                         "dispatch ends") {
  auto& board = context().board;
  std::unique_ptr<last_words> one;
  one = std::make_unique<last_words>(board, "m-1", one);
  one->other = std::make_unique<diary>(board, "m-2");
  board.post(lost("m-1"));
  board.post(lost("m-2"));
  run();
  CHECK(one == nullptr);
  CHECK(board.find(message_id{"m-1"}) == nullptr);
  CHECK(board.find(message_id{"m-2"}) == nullptr);
}

TEST_CASE("an update that could not be scheduled arrives with the next one") {
  std::vector<std::function<void()>> tasks;
  auto is_broken = true;
  dispatch_board board{[&](std::function<void()> task) {
    if (is_broken)
      throw std::runtime_error("injected");
    tasks.push_back(std::move(task));
  }};
  diary one{board, "m-1"};
  CHECK_THROWS(board.post(report("m-1", "working")));
  is_broken = false;
  board.post(lost("m-1"));
  REQUIRE(tasks.size() == 1);
  tasks.front()();
  CHECK(one.heard == "working agent_lost");
}

TEST_CASE_FIXTURE(started_world, "an exception of a watch ends its owner, "
                                 "not the agent that called it") {
  auto link = enter("alpha");
  auto requester = listener(std::make_shared<event_record>());
  diary one{context().board, "m-1"};
  one.whose = requester.address();
  one.breaks = true;
  auto accepted =
      ask<acceptance>(link.aut, dispatch_atom_v, make_task("alpha", "m-1"));
  run();
  CHECK(accepted->outcome() == "ok");
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  run();
  CHECK(has_ended(requester));
  CHECK_FALSE(link.socket->closed);
  CHECK(view("alpha").connected);
}

TEST_CASE("an agent on another thread reports to the "
          "thread of the requester") {
  started_world two{2};
  auto link = two.enter("alpha", 1);
  auto outcome = two.dispatch(make_task("alpha", "m-1"));
  link.socket->peer_sends(progress_frame("alpha", "m-1", "working"));
  two.run();
  CHECK(outcome->progress == std::vector<std::string>{"working"});
  link.socket->peer_sends(response_frame("alpha", "m-1", "done"));
  two.run();
  CHECK(outcome->outcome() == "ok");
  CHECK(outcome->times == 1);
}
