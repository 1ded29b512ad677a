#include "domain/event_history.hpp"
#include "domain/events.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

constexpr std::size_t budget = 100'000;

struct history_world {
  event_history aut{{{1000, budget}, 1000}};
  std::uint64_t sequence = 0;
  /// The largest number of bytes that events and records used together so far.
  std::size_t peak = 0;

  void note(event::body_type body, const std::string& agent = "alpha") {
    aut.add(std::make_shared<event_streams::entry>(
        *make_event(++sequence, agent, std::move(body))));
    peak = std::max(peak, used());
  }

  void finish(const std::string& id, std::size_t bytes,
              const std::string& agent = "alpha") {
    note(dispatched(id), agent);
    note(responded(id, std::string(bytes, 'x')), agent);
  }

  [[nodiscard]] std::size_t used() const {
    return aut.streams().bytes() + aut.records().finished_bytes();
  }

  [[nodiscard]] bool has_record(const std::string& id) const {
    return aut.records().find(message_id{id}) != nullptr;
  }
};

} // namespace

TEST_CASE_FIXTURE(history_world, "events and records fit into one budget") {
  for (auto i = 0; i < 200; ++i)
    finish("m" + std::to_string(i), 1000U + static_cast<std::size_t>(i % 7));
  CHECK(peak <= budget);
  CHECK(used() > budget * 9 / 10);
}

TEST_CASE_FIXTURE(history_world, "records use no more than half the budget") {
  for (auto i = 0; i < 200; ++i)
    finish("m" + std::to_string(i), 1000);
  CHECK(aut.records().finished_bytes() <= budget / 2);
  CHECK(aut.streams().bytes() > budget * 4 / 10);
  CHECK(has_record("m199"));
}

TEST_CASE_FIXTURE(history_world, "events use what the records leave") {
  for (auto i = 0; i < 200; ++i) {
    agent_connected body;
    body.capabilities.emplace_back(1000, 'x');
    note(std::move(body));
  }
  CHECK(peak <= budget);
  CHECK(aut.streams().bytes() > budget * 9 / 10);
}

TEST_CASE_FIXTURE(history_world,
                  "a result larger than the budget displaces no other record") {
  finish("b1", 1000, "beta");
  finish("a1", 2 * budget);
  CHECK(has_record("a1"));
  CHECK(has_record("b1"));
  CHECK_FALSE(
      aut.streams().since(stream_name{agent_id{"beta"}}, 0).events.empty());
}
