#include "actors/stored_world.hpp"
#include "store/dispatches/load.hpp"

#include <doctest/doctest.h>

#include <SQLiteCpp/Database.h>
#include <memory>
#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

// The spending of the control session, which starts again at 0 after
// `cost.session_window`, on record.

namespace {

struct spending_world : stored_world {
  spending_world() {
    limits.cost.session_window = 1h;
    context().admissions = std::make_shared<admission>(limits);
    link = enter("alpha");
    commit();
  }

  /// Has the bridge finish a dispatch of this cost.
  void spend(const std::string& message, double usd) {
    std::ignore = dispatch(make_task("alpha", message));
    commit();
    auto frame = parsed(response_frame("alpha", message, "done"));
    frame["usage"] = {{"cost_usd", usd}};
    link.socket->peer_sends(frame.dump());
    commit();
  }

  void tick_and_commit() {
    tick(context());
    commit();
  }

  /// Sets the clock by which the window ends.
  void set_clock(timestamp to) {
    context().wall_clock = [to] { return to; };
  }

  /// What a daemon that is started now would load.
  store::loaded_state loaded() {
    SQLite::Database db{(directory / store::file_name).string()};
    store::loaded_state out;
    store::load_spending(db, {context().control_session->str(), {}}, out);
    return out;
  }

  /// Gives the threads what a daemon has that has just loaded the store.
  void start_again() {
    auto found = loaded();
    context().admissions = std::make_shared<admission>(limits);
    context().admissions->restore(found.spent_in_session,
                                  found.session_since.value(), {},
                                  wall_clock_now());
    context().spending_since = found.session_since;
  }

  micro_usd spent() {
    return context().admissions->costs(context().wall_clock()).session.spent;
  }

  admission_limits limits = admission_limits::none();
  bridge link;
};

micro_usd usd(double x) {
  return micro_usd::from_usd(x);
}

} // namespace

TEST_CASE_FIXTURE(spending_world, "a daemon that is started again does not "
                                  "count what was spent in an earlier session "
                                  "window") {
  tick_and_commit();
  spend("m-1", 0.5);
  CHECK(loaded().spent_in_session == usd(0.5));
  auto later = wall_clock_now() + 2h;
  set_clock(later);
  tick_and_commit();
  CHECK(spent() == usd(0));
  CHECK(loaded().spent_in_session == usd(0));
  CHECK(loaded().session_since == later);
  spend("m-2", 0.25);
  CHECK(loaded().spent_in_session == usd(0.25));
  start_again();
  set_clock(wall_clock_now());
  CHECK(spent() == usd(0.25));
}

TEST_CASE_FIXTURE(spending_world, "what was spent in this session window still "
                                  "counts when the daemon is started again") {
  tick_and_commit();
  spend("m-1", 0.5);
  auto since = loaded().session_since;
  REQUIRE(since);
  for (auto i = 0; i < 2; ++i) {
    start_again();
    tick_and_commit();
    CHECK(spent() == usd(0.5));
    CHECK(loaded().spent_in_session == usd(0.5));
    CHECK(loaded().session_since == since);
  }
  SUBCASE("until the window ends, which began before the restart") {
    set_clock(*since + 1h);
    tick_and_commit();
    CHECK(loaded().spent_in_session == usd(0));
  }
}
