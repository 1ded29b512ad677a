#include "api/event_feed.hpp"
#include "domain/events.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace bridgekeeper;
using namespace bridgekeeper::api;
using namespace bridgekeeper::test;

namespace {

/// What a reader gets that takes `room` pieces: numbers, and "gap".
struct reader {
  std::string seen;
  std::size_t room = std::numeric_limits<std::size_t>::max();

  bool take(const std::string& piece) {
    if (room == 0)
      return false;
    --room;
    seen += piece + ' ';
    return true;
  }

  void read(event_feed& feed) {
    feed.flush(
        [this](const event& x) { return take(std::to_string(x.sequence)); },
        [this] { return take("gap"); });
  }
};

past_events past(std::uint64_t first, std::uint64_t last, bool gap = false) {
  past_events out;
  out.gap = gap;
  out.up_to = last;
  for (auto i = first; i <= last; ++i)
    out.events.push_back(make_event(i, "a", responded("m", "done")));
  return out;
}

event_feed fed(past_events history, std::size_t limit = 3) {
  event_feed out{stream_name{}, limit};
  REQUIRE(out.needs_history());
  out.history_is_coming();
  REQUIRE_FALSE(out.needs_history());
  out.on_history(std::move(history));
  return out;
}

} // namespace

TEST_CASE("a feed gives the past, then the present, each once") {
  auto aut = fed(past(1, 3));
  aut.on_event(make_event(3, "a", dispatched("m")));
  aut.on_event(make_event(4, "a", dispatched("m")));
  reader reader;
  reader.read(aut);
  CHECK(reader.seen == "1 2 3 4 ");
  CHECK(aut.written() == 4);
}

TEST_CASE("a long past is not limited as live events are") {
  auto aut = fed(past(1, 100));
  reader reader;
  reader.read(aut);
  CHECK(aut.written() == 100);
}

TEST_CASE("live events before the history came are left to it") {
  event_feed aut{stream_name{}, 3};
  aut.history_is_coming();
  aut.on_event(make_event(1, "a", dispatched("m")));
  aut.on_history(past(1, 1));
  reader reader;
  reader.read(aut);
  CHECK(reader.seen == "1 ");
}

TEST_CASE("a reader that is too far behind is caught up from history") {
  auto aut = fed({});
  for (std::uint64_t i = 1; i <= 4; ++i)
    aut.on_event(make_event(i, "a", responded("m", "done")));
  reader reader;
  reader.read(aut);
  CHECK(reader.seen == "1 2 3 ");
  CHECK(aut.needs_history());
  aut.history_is_coming();
  aut.on_history(past(4, 6));
  reader.read(aut);
  CHECK(reader.seen == "1 2 3 4 5 6 ");
}

TEST_CASE("what waits for a reader is kept though history has it no more") {
  auto aut = fed({});
  for (std::uint64_t i = 1; i <= 9; ++i)
    aut.on_event(make_event(i, "a", responded("m", "done")));
  CHECK_FALSE(aut.needs_history());
  reader reader;
  reader.read(aut);
  REQUIRE(aut.needs_history());
  aut.history_is_coming();
  // History is shorter than what waited.
  aut.on_history(past(8, 9, true));
  reader.read(aut);
  CHECK(reader.seen == "1 2 3 gap 8 9 ");
}

TEST_CASE("progress that does not fit is a gap, and no result is lost for it") {
  auto aut = fed({}, 2);
  aut.on_event(make_event(1, "a", responded("m", "done")));
  aut.on_event(make_event(2, "a", responded("m", "done")));
  aut.on_event(make_event(3, "a", progressed("m", "running")));
  reader reader;
  reader.read(aut);
  CHECK(reader.seen == "gap 1 2 ");
  SUBCASE("and the feed goes on with the present") {
    CHECK_FALSE(aut.needs_history());
    aut.on_event(make_event(4, "a", responded("m", "done")));
    reader.read(aut);
    CHECK(reader.seen == "gap 1 2 4 ");
  }
}

TEST_CASE("gaps without an event between them are told as one") {
  auto aut = fed({}, 1);
  aut.on_event(make_event(1, "a", responded("m", "done")));
  auto gaps = 0;
  auto flush_to_reader_without_room_for_events = [&] {
    aut.flush([](const event&) { return false; },
              [&gaps] { return ++gaps > 0; });
  };
  for (std::uint64_t i = 2; i <= 9; ++i) {
    aut.on_event(make_event(i, "a", progressed("m", "running")));
    flush_to_reader_without_room_for_events();
  }
  CHECK(gaps == 1);
  reader reader;
  reader.read(aut);
  CHECK(reader.seen == "1 ");
}

TEST_CASE("a feed that left an event to history adds no later one before it") {
  auto aut = fed({}, 1);
  aut.on_event(make_event(1, "a", responded("m", "done")));
  aut.on_event(make_event(2, "a", responded("m", "done")));
  reader reader;
  reader.read(aut);
  aut.on_event(make_event(3, "a", responded("m", "done")));
  reader.read(aut);
  CHECK(reader.seen == "1 ");
  REQUIRE(aut.needs_history());
  aut.history_is_coming();
  aut.on_history(past(2, 3));
  reader.read(aut);
  CHECK(reader.seen == "1 2 3 ");
}

TEST_CASE("history is asked for only when what is queued is read") {
  auto aut = fed(past(1, 2), 1);
  aut.on_event(make_event(3, "a", responded("m", "done")));
  aut.on_event(make_event(4, "a", responded("m", "done")));
  CHECK_FALSE(aut.needs_history());
  reader reader{{}, 2};
  reader.read(aut);
  CHECK(reader.seen == "1 2 ");
  CHECK_FALSE(aut.needs_history());
  reader.room = 1;
  reader.read(aut);
  CHECK(reader.seen == "1 2 3 ");
  CHECK(aut.needs_history());
}

TEST_CASE("a new hub is asked for what was not read") {
  auto aut = fed(past(1, 1));
  reader reader;
  reader.read(aut);
  aut.on_event(make_event(2, "a", dispatched("m")));
  aut.on_new_hub();
  // What waits comes first: the new hub may not know it.
  CHECK_FALSE(aut.needs_history());
  reader.read(aut);
  REQUIRE(aut.needs_history());
  aut.history_is_coming();
  aut.on_history(past(3, 3));
  reader.read(aut);
  CHECK(reader.seen == "1 2 3 ");
}

TEST_CASE("a gap is told at once, where it is") {
  auto aut = fed(past(7, 8, true));
  reader reader;
  reader.read(aut);
  CHECK(reader.seen == "gap 7 8 ");
  SUBCASE("and once") {
    aut.on_event(make_event(9, "a", dispatched("m")));
    reader.read(aut);
    CHECK(reader.seen == "gap 7 8 9 ");
  }
}

TEST_CASE("a gap is told even if nothing follows it") {
  past_events nothing;
  nothing.gap = true;
  auto aut = fed(nothing);
  reader reader;
  reader.read(aut);
  CHECK(reader.seen == "gap ");
}

TEST_CASE("dropped progress is a gap between the past and what is left") {
  auto aut = fed(past(1, 1), 1);
  aut.on_event(make_event(2, "a", progressed("m", "running")));
  aut.on_event(make_event(3, "a", responded("m", "done")));
  reader reader;
  reader.read(aut);
  CHECK(reader.seen == "1 gap 3 ");
}

TEST_CASE("progress that made room stays lost when history comes") {
  auto aut = fed({}, 1);
  aut.on_event(make_event(1, "a", progressed("m", "running")));
  aut.on_event(make_event(2, "a", responded("m", "done")));
  aut.on_event(make_event(3, "a", responded("m", "done")));
  reader reader;
  reader.read(aut);
  REQUIRE(aut.needs_history());
  aut.history_is_coming();
  aut.on_history(past(3, 3));
  reader.read(aut);
  CHECK(reader.seen == "gap 2 3 ");
}

TEST_CASE("a reader without room goes on where it stopped") {
  auto aut = fed(past(1, 4));
  reader reader{{}, 2};
  reader.read(aut);
  CHECK(reader.seen == "1 2 ");
  CHECK(aut.written() == 2);
  reader.room = 10;
  reader.read(aut);
  CHECK(reader.seen == "1 2 3 4 ");
}

TEST_CASE("a reader that claims an event of nobody's starts anew, with a gap") {
  event_feed aut{stream_name{}, 3};
  aut.resume_after(1000);
  aut.history_is_coming();
  aut.on_history(past(5, 6));
  REQUIRE(aut.needs_history());
  CHECK(aut.written() == 0);
  aut.history_is_coming();
  aut.on_history(past(5, 6));
  reader reader;
  reader.read(aut);
  CHECK(reader.seen == "gap 5 6 ");
}

TEST_CASE("a place in a stream reads back as it was written") {
  event_place place{"64e5c9a01b2f3", 42};
  CHECK(place.text() == "64e5c9a01b2f3-42");
  auto back = event_place::parse(place.text());
  CHECK(back.epoch == place.epoch);
  CHECK(back.sequence == place.sequence);
}

TEST_CASE("text that is no place in a stream has no epoch") {
  for (auto text : {"", "-", "-1", "7", "boot-", "boot-x", "boot-1x",
                    "boot-99999999999999999999999"}) {
    CAPTURE(text);
    CHECK(event_place::parse(text).epoch.empty());
  }
}

TEST_CASE("the rest of a long past is asked for when the first page is read") {
  auto page = past(1, 2);
  page.more = true;
  auto aut = fed(std::move(page));
  // Live events come from history, after the rest.
  aut.on_event(make_event(5, "a", responded("m", "done")));
  CHECK(aut.waiting_bytes() > 0);
  reader reader;
  reader.read(aut);
  CHECK(aut.waiting_bytes() == 0);
  REQUIRE(aut.needs_history());
  CHECK(aut.written() == 2);
  aut.history_is_coming();
  aut.on_history(past(3, 5));
  aut.on_event(make_event(6, "a", responded("m", "done")));
  reader.read(aut);
  CHECK(reader.seen == "1 2 3 4 5 6 ");
  CHECK_FALSE(aut.needs_history());
}

// -- the stream of a dispatch --------------------------------------------------

namespace {

event_feed fed_about(const std::string& id, past_events history) {
  event_feed out{stream_name{message_id{id}}, 3};
  out.history_is_coming();
  out.on_history(std::move(history));
  return out;
}

} // namespace

TEST_CASE("a feed is finished when the end of its dispatch is read") {
  auto aut = fed_about("m", {});
  reader reader;
  reader.room = 1;
  aut.on_event(make_event(1, "a", dispatched("m")));
  aut.on_event(make_event(2, "a", responded("m", "done")));
  // Nothing follows the end.
  aut.on_event(make_event(3, "a", progressed("m", "late")));
  reader.read(aut);
  CHECK_FALSE(aut.is_finished());
  reader.room = 9;
  reader.read(aut);
  CHECK(reader.seen == "1 2 ");
  CHECK(aut.is_finished());
  aut.on_new_hub();
  CHECK_FALSE(aut.needs_history());
}

TEST_CASE(
    "a feed is finished with the last page of a dispatch that has ended") {
  auto page = past(1, 3);
  page.ended = true;
  page.more = true;
  auto aut = fed_about("m", page);
  reader reader;
  reader.read(aut);
  CHECK_FALSE(aut.is_finished());
  REQUIRE(aut.needs_history());
  aut.history_is_coming();
  page = past(4, 5, true);
  page.ended = true;
  aut.on_history(std::move(page));
  reader.read(aut);
  CHECK(reader.seen == "1 2 3 gap 4 5 ");
  CHECK(aut.is_finished());
}

TEST_CASE("a page without events moves the position on") {
  past_events page;
  page.up_to = 90;
  page.more = true;
  page.read_to = 50;
  auto aut = fed_about("m", page);
  CHECK(aut.position() == 50);
  CHECK(aut.needs_history());
  aut.history_is_coming();
  aut.on_no_history();
  CHECK(aut.needs_history());
  CHECK(aut.position() == 50);
}
