#include "store/dispatches/event_body.hpp"
#include "store/dispatches/scratch_store.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <optional>

using namespace bridgekeeper;
using namespace bridgekeeper::test;
using store::outcome;

namespace {

message_id new_id() {
  return message_id{make_uuid_v7()};
}

store::stored_event round_trip_of(const event& x, const message_id& id) {
  return {store::stored_type(x), store::stored_body(x, 1), id, x.agent};
}

/// The body after it was stored and read.
template <class T>
T through_store(T body) {
  event x;
  x.agent = agent_id{"alpha"};
  x.body = std::move(body);
  auto out = store::to_body(round_trip_of(x, message_id{"m"}));
  REQUIRE(out);
  REQUIRE(std::holds_alternative<T>(*out));
  return std::get<T>(*out);
}

past_events events_of(scratch_store& aut, const stream_name& which,
                      std::uint64_t after, std::size_t limit = 1'000) {
  auto out = aut.ask<past_events>([&](auto done) {
    aut->reader().events(which, after, limit, std::move(done));
  });
  REQUIRE(out.value);
  return *out.value;
}

/// A page of the events of a dispatch, which must exist.
past_events page_of(scratch_store& aut, const message_id& id,
                    std::uint64_t after, std::size_t max_bytes = 1'000'000) {
  auto out = aut.ask<std::optional<past_events>>([&](auto done) {
    aut->reader().events(id, after, max_bytes, std::move(done));
  });
  REQUIRE(out.value);
  REQUIRE(*out.value);
  return **out.value;
}

std::vector<std::uint64_t> numbers_of(const past_events& x) {
  std::vector<std::uint64_t> out;
  for (const auto& event : x.events)
    out.push_back(event->sequence);
  return out;
}

store::record_events progress_of(const message_id& id, int number) {
  return {{progressed(id, "step " + std::to_string(number))}, {}, 1};
}

} // namespace

TEST_CASE("events of every type are read as they were written") {
  auto arrival =
      through_store(agent_connected{incarnation{7}, {"a", "b"}, "/work"});
  CHECK(arrival.number == incarnation{7});
  CHECK(arrival.capabilities == std::vector<std::string>{"a", "b"});
  CHECK(arrival.workdir == "/work");
  CHECK_FALSE(through_store(agent_connected{}).workdir);
  auto departure = through_store(agent_disconnected{errc::evicted, "bye"});
  CHECK(departure.reason == errc::evicted);
  CHECK(departure.detail == "bye");
  CHECK(through_store(task_dispatched{message_id{"m"}, message_id{"other"}})
            .followup_to
        == message_id{"other"});
  auto traced = through_store(task_dispatched{message_id{"m"}, {}, "00-4bf9"});
  CHECK(traced.traceparent == "00-4bf9");
  CHECK_FALSE(traced.followup_to);
  auto report = through_store(agent_progress{std::make_shared<const progress>(
      progress{message_id{"m"}, agent_id{"alpha"}, "running", "\"half\"\n",
               json_object{R"({"x":[1]})"}})});
  CHECK(report.report->text == "\"half\"\n");
  CHECK(report.report->metadata.str() == R"({"x":[1]})");
  CHECK(through_store(agent_response{answer_of(message_id{"m"}), true})
            .cost_is_implausible);
  auto error = through_store(
      agent_error{message_id{"m"}, {errc::timeout, "late"}, nullptr, false});
  CHECK(error.why.code == errc::timeout);
  CHECK(error.why.detail == "late");
  auto silence = through_store(agent_heartbeat_lost{
      timestamp{std::chrono::microseconds{1'800'000'000'123'456}},
      std::chrono::milliseconds{90'000}});
  CHECK(silence.last_seen.time_since_epoch().count() == 1'800'000'000'123'456);
  CHECK(silence.timeout == std::chrono::milliseconds{90'000});
  auto conflict = through_store(agent_conflict{"10.0.0.1", "10.0.0.2", true});
  CHECK(conflict.newcomer_ip == "10.0.0.2");
  CHECK(conflict.newcomer_stands);
  CHECK(through_store(cost_warning{message_id{"m"}, micro_usd{micro_usd::max},
                                   micro_usd{5}})
            .session_total
        == micro_usd{micro_usd::max});
  CHECK(through_store(late_result{answer_of(message_id{"m"})}).result->message
        == message_id{"m"});
  through_store(task_queued{message_id{"m"}});
  through_store(task_cancelled{message_id{"m"}});
  CHECK(through_store(task_sent{message_id{"m"}, 3}).attempt == 3);
  timestamp later{std::chrono::microseconds{1'700'000'000'000'001}};
  auto retried = through_store(
      task_retrying{message_id{"m"}, 2, {errc::agent_lost, "gone"}, later});
  CHECK(retried.attempt == 2);
  CHECK(retried.why.code == errc::agent_lost);
  CHECK(retried.why.detail == "gone");
  CHECK(retried.not_before == later);
}

TEST_CASE("events of results have the details, also from the store") {
  scratch_store aut;
  aut.open();
  auto id = new_id();
  auto number = aut->writer().next_number();
  aut.run(inserted(number, id));
  store::end_dispatch end{{number, 1, store::on_link}, dispatch_state::failed};
  end.report.answer = failed_answer_of(id);
  auto told = responded(id);
  told->body =
      agent_error{id, {errc::task_failed, "boom"}, end.report.answer, false};
  end.events = {told};
  aut.run(end);
  aut.close();
  aut.open();
  auto all = events_of(aut, stream_name{agent_id{"alpha"}}, 0);
  REQUIRE(all.events.size() == 2);
  auto error = std::get_if<agent_error>(&all.events[1]->body);
  REQUIRE(error != nullptr);
  REQUIRE(error->result);
  REQUIRE(error->result->details);
  CHECK(*error->result->details == *failed_answer_of(id)->details);
}

TEST_CASE("the store and the domain agree on what is expendable") {
  event x;
  x.agent = agent_id{"alpha"};
  x.body = agent_progress{std::make_shared<const progress>()};
  CHECK(is_expendable(x));
  CHECK(store::is_expendable(store::stored_type(x)));
  x.body = agent_response{answer_of(message_id{"m"}), false};
  CHECK_FALSE(is_expendable(x));
  CHECK_FALSE(store::is_expendable(store::stored_type(x)));
}

TEST_CASE("an event of a later version is left out, not misread") {
  CHECK_FALSE(store::to_body({static_cast<store::event_type>(99)}));
  CHECK_FALSE(store::to_body({store::event_type::agent_error, "not JSON"}));
}

TEST_CASE("the events of an agent come in their order with its progress") {
  scratch_store aut;
  aut.open();
  auto id = new_id();
  auto number = aut->writer().next_number();
  aut.run(inserted(number, id));
  for (auto i = 0; i < 3; ++i)
    aut.run(progress_of(id, i));
  aut.run(completed(number, id));
  auto all = events_of(aut, stream_name{agent_id{"alpha"}}, 0);
  CHECK(numbers_of(all) == std::vector<std::uint64_t>{1, 2, 3, 4, 5});
  CHECK_FALSE(all.gap);
  auto answer = std::get_if<agent_response>(&all.events.back()->body);
  REQUIRE(answer != nullptr);
  CHECK(answer->result->content == "ok");
  auto some = events_of(aut, stream_name{agent_id{"alpha"}}, 1, 2);
  CHECK(numbers_of(some) == std::vector<std::uint64_t>{2, 3});
  CHECK(some.more);
  CHECK(numbers_of(events_of(aut, stream_name{session_id{"s1"}}, 3))
        == std::vector<std::uint64_t>{4, 5});
  CHECK(events_of(aut, stream_name{agent_id{"beta"}}, 0).events.empty());
}

TEST_CASE("chains lead to the events of an agent among those of many others") {
  scratch_store aut;
  aut.options.tail = 10;
  aut.open();
  auto id = new_id();
  auto number = aut->writer().next_number();
  aut.run(inserted(number, id));
  aut.run(progress_of(id, 0));
  std::vector<store::operation_body> others;
  for (auto i = 0; i < 25'000; ++i) {
    auto x = progressed(new_id(), "x");
    x->agent = agent_id{"beta"};
    others.emplace_back(store::record_events{{std::move(x)}});
  }
  aut.submit(std::move(others));
  aut.run(progress_of(id, 1));
  aut.run(completed(number, id));
  auto check = [&] {
    std::vector<std::uint64_t> expected{1, 2, 25'003, 25'004};
    CHECK(numbers_of(events_of(aut, stream_name{agent_id{"alpha"}}, 0))
          == expected);
    auto mine = page_of(aut, id, 0);
    CHECK(numbers_of(mine) == std::vector<std::uint64_t>{1});
    // The search ended among the events of others.
    CHECK(mine.more);
    CHECK(mine.read_to == 20'000);
    mine = page_of(aut, id, mine.read_to);
    CHECK(numbers_of(mine) == std::vector<std::uint64_t>{25'004});
    CHECK_FALSE(mine.more);
    CHECK(mine.ended);
    auto first = events_of(aut, stream_name{agent_id{"alpha"}}, 0, 1);
    CHECK(numbers_of(first) == std::vector<std::uint64_t>{1});
    CHECK(first.more);
  };
  check();
  // After a crash, the heads are found again.
  auto copy = aut.crashed_copy();
  copy->open();
  auto next = new_id();
  copy->run(inserted((**copy).writer().next_number(), next));
  CHECK(numbers_of(events_of(*copy, stream_name{agent_id{"alpha"}}, 0)).size()
        == 5);
  aut.close();
  aut.open();
  check();
}

TEST_CASE("the events of a dispatch come in pages, without those of others") {
  scratch_store aut;
  aut.open();
  auto id = new_id();
  auto other = new_id();
  auto number = aut->writer().next_number();
  aut.run(inserted(number, id));
  aut.run(inserted(aut->writer().next_number(), other));
  for (auto i = 0; i < 3; ++i)
    aut.run(store::record_events{{progressed(id, "step")}, number, 1});
  auto all = page_of(aut, id, 0);
  CHECK(numbers_of(all) == std::vector<std::uint64_t>{1, 3, 4, 5});
  CHECK_FALSE(all.more);
  CHECK_FALSE(all.ended);
  CHECK(all.read_to == 5);
  auto one = page_of(aut, id, 1, 1);
  CHECK(numbers_of(one) == std::vector<std::uint64_t>{3});
  CHECK(one.more);
  CHECK(one.read_to == 3);
  aut.run(completed(number, id));
  aut.run(progress_of(other, 0));
  auto rest = page_of(aut, id, 4);
  CHECK(numbers_of(rest) == std::vector<std::uint64_t>{5, 6});
  CHECK(rest.ended);
  CHECK_FALSE(rest.gap);
  // A number that no event has.
  auto beyond = page_of(aut, id, std::numeric_limits<std::uint64_t>::max());
  CHECK(beyond.events.empty());
  CHECK_FALSE(beyond.more);
  CHECK(beyond.up_to == 7);
  auto unknown = aut.ask<std::optional<past_events>>([&](auto done) {
    aut->reader().events(new_id(), 0, 1, std::move(done));
  });
  REQUIRE(unknown.value);
  CHECK_FALSE(*unknown.value);
}

TEST_CASE("no event number or time is used twice, however a start ends") {
  scratch_store aut;
  aut.open();
  aut.run(progress_of(new_id(), 0));
  aut.run(progress_of(new_id(), 1));
  auto published = aut.published().back();
  auto crashed = aut.crashed_copy();
  auto loaded = crashed->open();
  CHECK_FALSE(loaded.was_clean);
  CHECK(loaded.last_event == 2);
  crashed->run(progress_of(new_id(), 2));
  CHECK(crashed->published().front()->sequence == 3);
  CHECK(crashed->published().front()->at > published->at);
  // On another boot, committed events may be missing. Their numbers are left
  // out.
  auto rebooted = aut.crashed_copy();
  rebooted->execute("UPDATE starts SET boot = 'another'");
  rebooted->open();
  rebooted->run(progress_of(new_id(), 2));
  CHECK(rebooted->published().front()->sequence > 10'000);
  CHECK(rebooted->published().front()->sequence < 20'003);
}

TEST_CASE("numbers continue after everything was removed") {
  scratch_store aut;
  aut.open();
  auto id = new_id();
  auto number = aut->writer().next_number();
  aut.run(inserted(number, id));
  aut.run(completed(number, id));
  CHECK(aut.run(store::erase_agent{agent_id{"alpha"}}).what
        == outcome::applied);
  auto check = [](scratch_store& x) {
    CHECK(x.number("SELECT count(*) FROM events") == 0);
    auto loaded = x.open();
    CHECK(loaded.next_number == 2);
    // Readers that have seen them continue after them.
    CHECK(loaded.last_event == 2);
    x.run(progress_of(new_id(), 0));
    CHECK(x.published().back()->sequence == 3);
  };
  auto crashed = aut.crashed_copy();
  check(*crashed);
  aut.close();
  check(aut);
}

TEST_CASE("no number is used twice if the newest events are erased") {
  scratch_store aut;
  aut.open();
  auto first = new_id();
  auto number = aut->writer().next_number();
  aut.run(inserted(number, first));
  aut.run(completed(number, first));
  auto newest = new_id();
  number = aut->writer().next_number();
  aut.run(inserted(number, newest));
  aut.run(completed(number, newest));
  CHECK(aut.run(store::erase_dispatch{number}).what == outcome::applied);
  auto crashed = aut.crashed_copy();
  CHECK(crashed->number("SELECT max(n) FROM events") == 2);
  CHECK(crashed->open().last_event == 4);
  crashed->run(progress_of(new_id(), 0));
  CHECK(crashed->published().back()->sequence == 5);
}

TEST_CASE("reservations of incarnations never overlap") {
  scratch_store aut;
  aut.open();
  auto first = aut.run(store::reserve_incarnations{}).first_reserved;
  CHECK(first == incarnation{1});
  auto copy = aut.crashed_copy();
  copy->open();
  CHECK(copy->run(store::reserve_incarnations{}).first_reserved
        == incarnation{1'001});
}
