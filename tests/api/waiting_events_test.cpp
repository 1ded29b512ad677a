#include "api/event_texts.hpp"
#include "api/waiting_events.hpp"
#include "domain/events.hpp"
#include "protocol/event_json.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <tuple>

using namespace bridgekeeper;
using namespace bridgekeeper::test;
using api::event_texts;
using api::waiting_events;
using net::output_ledger;

namespace {

auto large_event(std::uint64_t sequence) {
  return make_event(sequence, "a", responded("m", std::string(1000, 'x')));
}

} // namespace

TEST_CASE("an event that waits for many counts once in all, and in full for "
          "each") {
  auto ledger = std::make_shared<output_ledger>(1'000'000);
  auto event = large_event(1);
  auto size = footprint(*event);
  waiting_events one{ledger};
  {
    waiting_events other{ledger};
    one.push(event);
    other.push(event);
    CHECK(one.bytes() == size);
    CHECK(other.bytes() == size);
    CHECK(ledger->total() == size);
    auto moved = std::move(other);
    CHECK(moved.size() == 1);
    CHECK(ledger->total() == size);
  }
  CHECK(ledger->total() == size);
  one.pop();
  CHECK(one.bytes() == 0);
  CHECK(ledger->total() == 0);
}

TEST_CASE("a reader that counts nowhere does not disturb the total of others") {
  auto ledger = std::make_shared<output_ledger>(1'000'000);
  auto event = large_event(1);
  waiting_events uncounted{nullptr};
  waiting_events counted{ledger};
  uncounted.push(event);
  counted.push(event);
  CHECK(ledger->total() == footprint(*event));
  uncounted.pop();
  CHECK(ledger->total() == footprint(*event));
  counted.pop();
  CHECK(ledger->total() == 0);
}

TEST_CASE("events that are dropped do not count any more") {
  auto ledger = std::make_shared<output_ledger>(1'000'000);
  waiting_events aut{ledger};
  for (std::uint64_t i = 1; i <= 4; ++i)
    aut.push(large_event(i));
  CHECK(aut.drop_if([](const auto& x) { return x.sequence % 2 == 0; }) == 2);
  CHECK(aut.size() == 2);
  CHECK(ledger->total() == aut.bytes());
}

TEST_CASE("an event's text is made once for all who read it") {
  event_texts one;
  event_texts other;
  auto event = large_event(1);
  auto text = one.of(*event);
  CHECK(text->text == protocol::encode(*event));
  CHECK(one.of(*event) == text);
  CHECK(other.of(*event) == text);
  CHECK(protocol::text_of(*event) == text);
}

TEST_CASE("texts of events are not held beyond a bound") {
  event_texts aut;
  auto first = large_event(1);
  std::weak_ptr<const shared_text> text = aut.of(*first);
  CHECK_FALSE(text.expired());
  for (std::uint64_t i = 2; i <= 1 + event_texts::max_held; ++i)
    std::ignore = aut.of(*large_event(i));
  CHECK(text.expired());
}

TEST_CASE("of large texts of events only the newest is held") {
  event_texts aut;
  auto huge = [](std::uint64_t sequence) {
    return make_event(sequence, "a",
                      responded("m", std::string(1'000'000, 'x')));
  };
  auto first = huge(1);
  std::weak_ptr<const shared_text> text = aut.of(*first);
  // Its readers hear of it one after the other.
  CHECK(aut.of(*first) == text.lock());
  std::ignore = aut.of(*large_event(2));
  CHECK_FALSE(text.expired());
  std::ignore = aut.of(*huge(3));
  CHECK(text.expired());
}
