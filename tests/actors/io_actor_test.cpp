#include "actors/fixture.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

actor_row line_of(world& x, const std::string& name) {
  for (auto& row : x.context().actor_stats->rows())
    if (row.name == name)
      return row;
  FAIL("nobody of this name lives");
  return {};
}

} // namespace

TEST_CASE("an actor is resumed by its home thread and nobody else") {
  started_world world{2};
  auto link = world.enter("alpha", 1);
  auto outcome = world.ask<agent_report>(link.aut, report_atom_v);
  world.thread(0).run();
  CHECK(outcome->pending());
  world.thread(1).run();
  world.run();
  CHECK(outcome->value.value().thread == 1);
}

TEST_CASE_FIXTURE(started_world, "the census counts what an actor has to do "
                                 "and has done") {
  auto link = enter("alpha");
  auto before = line_of(*this, "agent");
  CHECK(before.thread == 0);
  CHECK(before.mailbox_depth == 0);
  for (int i = 0; i < 10; ++i)
    caf::anon_send(link.aut, tick_atom_v);
  CHECK(line_of(*this, "agent").mailbox_depth == 10);
  run();
  auto after = line_of(*this, "agent");
  CHECK(after.mailbox_depth == 0);
  CHECK(after.handled == before.handled + 10);
}

TEST_CASE_FIXTURE(started_world, "frames count as handled though they never "
                                 "were in the mailbox") {
  auto link = enter("alpha");
  auto before = line_of(*this, "agent").handled;
  for (int i = 0; i < 10; ++i)
    link.socket->peer_sends(heartbeat_frame("alpha"));
  CHECK(line_of(*this, "agent").handled == before + 10);
}

TEST_CASE_FIXTURE(started_world, "an actor that has ended is not listed, even "
                                 "if somebody holds its handle") {
  auto link = enter("alpha");
  auto handle = link.aut;
  link.socket->end();
  CHECK(count("agent") == 0);
  CHECK(answer<agent_report>(handle, report_atom_v).outcome() == "unavailable");
}

// -- slow handlers ------------------------------------------------------------

namespace {

using dawdler_actor = caf::typed_actor<caf::reacts_to<tick_atom, std::uint64_t>,
                                       caf::replies_to<ping_atom>::with<bool>>;

struct dawdler_state {
  static inline const char* name = "dawdler";

  explicit dawdler_state(dawdler_actor::base*) {}
};

using dawdler_self = io_actor<dawdler_state, dawdler_actor>;

/// Takes as many milliseconds for a tick as it says.
dawdler_actor::behavior_type dawdler(dawdler_self* self,
                                     std::shared_ptr<actor_statistics> book) {
  self->join_statistics(book, 0);
  self->stand_for("delays");
  return {
      [](tick_atom, std::uint64_t time) {
        auto end =
            std::chrono::steady_clock::now() + std::chrono::milliseconds{time};
        while (std::chrono::steady_clock::now() < end) {
        }
      },
      [](ping_atom) { return true; },
  };
}

struct dawdling_world : started_world {
  dawdling_world()
    : aut(spawn_on(sys, &thread(), dawdler, context().actor_stats)) {
    run();
  }

  ~dawdling_world() {
    caf::anon_send_exit(aut, caf::exit_reason::user_shutdown);
    aut = nullptr;
    run();
  }

  /// The slow handlers of the actor. A loaded machine makes others slow, too.
  [[nodiscard]] std::vector<slow_handler> slow() {
    auto out = context().actor_stats->slow().rows();
    std::erase_if(out, [](const auto& x) { return x.actor != "dawdler"; });
    return out;
  }

  dawdler_actor aut;
};

} // namespace

TEST_CASE_FIXTURE(dawdling_world, "a handler that takes long is noted with its "
                                  "actor, its message and its time") {
  caf::anon_send(aut, tick_atom_v, std::uint64_t{3});
  run();
  auto found = slow();
  REQUIRE(found.size() == 1);
  CHECK(found[0].subject == "delays");
  CHECK(found[0].message == "tick");
  CHECK(found[0].thread == 0);
  CHECK(found[0].took >= 3ms);
  CHECK(found[0].at <= wall_clock_now());
}

TEST_CASE_FIXTURE(dawdling_world, "of several messages in one turn, the slow "
                                  "one is noted") {
  for (std::uint64_t time : {0, 5, 0})
    caf::anon_send(aut, tick_atom_v, time);
  auto pong = ask<bool>(aut, ping_atom_v);
  run();
  CHECK(pong->value == true);
  std::size_t long_ones = 0;
  for (const auto& x : slow())
    long_ones += x.took >= 5ms ? 1 : 0;
  CHECK(long_ones == 1);
}
