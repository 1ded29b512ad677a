#include "actors/fixture.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

// Contract section 6, number 1, with a bridge that does all that the one in the
// field does (contract section 1).

namespace {

/// Does one task at a time and reads nothing meanwhile, beats every 30 s, and
/// answers pings as long as its library still reads: until 16 frames wait.
class stock_bridge {
public:
  static constexpr auto rhythm = 30s;
  static constexpr auto ping_interval = 20s;
  static constexpr std::size_t buffered_frames = 16;

  /// The first task takes `first_task`, the others next to nothing.
  stock_bridge(world& where, std::chrono::seconds first_task)
    : where_(where), link_(where.enter("alpha")), task_time_(first_task) {}

  void live(std::chrono::seconds time) {
    for (; time > 0s; time -= 1s) {
      where_.pass(1s);
      age_ += 1s;
      receive();
      show_life();
      work();
      where_.run();
    }
  }

  [[nodiscard]] bool is_connected() const {
    return !link_.socket->closed;
  }

  /// Whether its library has stopped reading, and answers no pings.
  [[nodiscard]] bool is_deaf() const {
    return unread_.size() > buffered_frames;
  }

  [[nodiscard]] bool is_working() const {
    return task_.has_value();
  }

private:
  void receive() {
    for (auto& frame : link_.socket->take_sent())
      unread_.push_back(std::move(frame));
    auto& [bytes, frames] = link_.socket->queued;
    frames = unread_.size() - std::min(unread_.size(), buffered_frames);
    bytes = 0;
    for (auto i = unread_.size() - frames; i < unread_.size(); ++i)
      bytes += unread_[i].size();
  }

  void show_life() {
    if (age_ % rhythm == 0s)
      link_.socket->peer_sends(heartbeat_frame("alpha"));
    if (age_ % ping_interval == 0s && !is_deaf())
      link_.socket->peer_shows_life();
  }

  void work() {
    if (task_ && age_ < done_at_)
      return;
    if (task_) {
      link_.socket->peer_sends(response_frame("alpha", *task_, "done"));
      task_.reset();
    }
    while (!task_ && !unread_.empty()) {
      begin(parsed(unread_.front()));
      unread_.pop_front();
    }
  }

  void begin(const json& message) {
    if (message["type"] != "dispatch")
      return;
    task_ = message["message_id"].get<std::string>();
    done_at_ = age_ + task_time_;
    task_time_ = 1s;
  }

  world& where_;
  bridge link_;
  std::chrono::seconds task_time_;
  std::chrono::seconds age_{0};
  std::chrono::seconds done_at_{0};
  std::deque<std::string> unread_;
  std::optional<std::string> task_;
};

} // namespace

TEST_CASE_FIXTURE(started_world, "a stock bridge is never evicted through a "
                                 "task of five minutes") {
  stock_bridge alpha{*this, 5min};
  auto stream = follow("alpha");
  auto outcome = dispatch(make_task("alpha", "m-1"));
  alpha.live(5min);
  CHECK(alpha.is_connected());
  CHECK(alpha.is_working());
  CHECK(outcome->pending());
  CHECK(view("alpha").connected);
  alpha.live(5s);
  CHECK(outcome->outcome() == "ok");
  CHECK(context().counts.evictions.value() == 0);
  CHECK(stream->types() == "task_dispatched agent_response");
}

TEST_CASE_FIXTURE(started_world, "a stock bridge whose buffer is full answers "
                                 "no pings and is not evicted") {
  stock_bridge alpha{*this, 5min};
  std::vector<dispatch_reply_ptr> outcomes;
  for (int i = 0; i < 40; ++i)
    outcomes.push_back(dispatch(make_task("alpha", "m-" + std::to_string(i))));
  alpha.live(1min);
  CHECK(alpha.is_deaf());
  alpha.live(4min);
  CHECK(alpha.is_connected());
  CHECK(alpha.is_working());
  CHECK(std::all_of(outcomes.begin(), outcomes.end(),
                    [](const auto& x) { return x->pending(); }));
  alpha.live(1min);
  CHECK_FALSE(alpha.is_deaf());
  CHECK(std::all_of(outcomes.begin(), outcomes.end(),
                    [](const auto& x) { return x->outcome() == "ok"; }));
  CHECK(context().counts.evictions.value() == 0);
}
