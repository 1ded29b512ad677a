#include "store/dispatches/scratch_store.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

using namespace bridgekeeper;
using namespace bridgekeeper::test;
using store::outcome;
using state = dispatch_state;

namespace {

message_id new_id() {
  return message_id{make_uuid_v7()};
}

struct fixture {
  scratch_store aut;
  message_id id = new_id();
  store::dispatch_number number{};

  fixture() {
    aut.open();
    number = aut->writer().next_number();
  }

  state now() {
    return aut.history(id)->row.state;
  }
};

} // namespace

TEST_CASE_FIXTURE(fixture, "a second end comes late and changes nothing") {
  aut.run(inserted(number, id));
  store::end_dispatch lost{{number, 1, store::on_link}, state::lost};
  lost.reason = errc::agent_lost;
  CHECK(aut.run(lost).what == outcome::applied);
  lost.to = state::timed_out;
  CHECK(aut.run(lost).what == outcome::came_late);
  auto row = aut.history(id)->row;
  CHECK(row.state == state::lost);
  CHECK(row.reason == errc::agent_lost);
}

TEST_CASE_FIXTURE(fixture,
                  "a result after the end is kept once, with its cost") {
  aut.run(inserted(number, id));
  aut.run(store::end_dispatch{{number, 1, store::on_link}, state::timed_out});
  auto end = completed(number, id);
  end.report.cost = micro_usd{250};
  end.late_events = {responded(id)};
  auto late = aut.run(end);
  CHECK(late.what == outcome::kept_late);
  CHECK(late.is_settled);
  auto again = aut.run(end);
  CHECK(again.what == outcome::repeated);
  CHECK_FALSE(again.is_settled);
  auto found = aut.history(id);
  CHECK(found->row.state == state::timed_out);
  CHECK(found->row.late == 1);
  REQUIRE(found->results.size() == 1);
  CHECK(found->results[0].is_late);
  CHECK(found->results[0].cost == micro_usd{250});
  CHECK(aut.number("SELECT sum(spent_musd) FROM days") == 250);
}

TEST_CASE_FIXTURE(fixture, "a late result does not change when the dispatch "
                           "ended") {
  aut.run(inserted(number, id));
  aut.run(store::end_dispatch{{number, 1, store::on_link}, state::timed_out});
  auto ended = aut.history(id)->row.changed;
  CHECK(aut.run(completed(number, id)).what == outcome::kept_late);
  auto row = aut.history(id)->row;
  CHECK(row.late == 1);
  CHECK(row.changed == ended);
}

TEST_CASE_FIXTURE(fixture,
                  "a superseded link cannot lose its successor's work") {
  aut.run(inserted(number, id));
  aut.run(store::adopt{number, 1, incarnation{2}});
  store::end_dispatch lost{{number, 1, store::on_link, incarnation{1}},
                           state::lost};
  CHECK(aut.run(lost).what == outcome::came_late);
  CHECK(aut.run(store::unsend{number, 1, incarnation{1}}).what
        == outcome::came_late);
  CHECK(now() == state::sent);
}

TEST_CASE_FIXTURE(fixture, "the event of a frame that could not leave belongs "
                           "to its dispatch") {
  aut.run(inserted(number, id));
  auto before = aut.number("SELECT last_event FROM dispatches");
  CHECK(aut.run(store::unsend{number, 1, incarnation{1}, {dispatched(id)}}).what
        == outcome::applied);
  CHECK(now() == state::queued);
  auto last = aut.number("SELECT last_event FROM dispatches");
  CHECK(last > before);
  CHECK(aut.number("SELECT dispatch FROM events WHERE n = "
                   + std::to_string(last))
        == static_cast<std::int64_t>(number));
}

TEST_CASE_FIXTURE(fixture, "a retry is another attempt with its own result") {
  aut.run(inserted(number, id));
  store::retry_dispatch retry{{number, 1, store::on_link}, errc::task_failed};
  retry.report = {answer_of(id, "first"), micro_usd{10}};
  CHECK(aut.run(retry).what == outcome::applied);
  CHECK(now() == state::queued);
  CHECK(aut.run(store::mark_sent{number, 2, incarnation{3}}).what
        == outcome::applied);
  CHECK(aut.run(completed(number, id, 2)).what == outcome::applied);
  auto found = aut.history(id);
  CHECK(found->row.attempt == 2);
  REQUIRE(found->results.size() == 2);
  CHECK(found->results[0].answer->content == "first");
  REQUIRE(found->changes.size() == 1);
  CHECK(found->changes[0].what == store::change_kind::retried);
  CHECK(found->changes[0].reason == errc::task_failed);
}

TEST_CASE_FIXTURE(fixture, "what a bridge says about a failure is on record "
                           "with each attempt, and outlives the process") {
  auto answer = failed_answer_of(id);
  aut.run(inserted(number, id));
  store::retry_dispatch retry{{number, 1, store::on_link}, errc::task_failed};
  retry.report = {answer, micro_usd{10}};
  aut.run(retry);
  CHECK(aut.history(id)->row.failure == failure_class::rate_limited);
  aut.run(store::mark_sent{number, 2, incarnation{3}});
  store::end_dispatch end{{number, 2, store::on_link}, state::timed_out};
  aut.run(end);
  // The last attempt has no class.
  CHECK_FALSE(aut.history(id)->row.failure);
  auto late = completed(number, id, 2);
  late.report.answer = answer;
  CHECK(aut.run(late).what == outcome::kept_late);
  aut.close();
  aut.open();
  auto found = aut.history(id);
  REQUIRE(found->results.size() == 2);
  for (const auto& x : found->results) {
    REQUIRE(x.answer->details);
    CHECK(*x.answer->details == *answer->details);
  }
  CHECK(found->results[1].is_late);
  CHECK_FALSE(found->row.failure);
}

TEST_CASE_FIXTURE(fixture, "a result without details leaves their column "
                           "empty, and a list names the class of a failure") {
  aut.run(inserted(number, id));
  aut.run(completed(number, id));
  CHECK(aut.number("SELECT details IS NULL FROM results") == 1);
  auto other = new_id();
  auto second = aut->writer().next_number();
  aut.run(inserted(second, other));
  store::end_dispatch end{{second, 1, store::on_link}, state::failed};
  end.reason = errc::task_failed;
  end.report.answer = failed_answer_of(other);
  aut.run(end);
  auto page = aut.list({});
  REQUIRE(page.rows.size() == 2);
  CHECK(page.rows[0].failure == failure_class::rate_limited);
  CHECK_FALSE(page.rows[1].failure);
}

TEST_CASE_FIXTURE(fixture, "one key is one dispatch") {
  auto first = inserted(number, id);
  auto until = wall_clock_now() + std::chrono::hours{1};
  first.key = {"panel", "k1", "hash", until};
  CHECK(aut.run(first).what == outcome::applied);
  auto again = inserted(aut->writer().next_number(), new_id());
  again.key = first.key;
  auto known = aut.run(again);
  CHECK(known.what == outcome::duplicate);
  CHECK(known.existing == id);
  again.key->body_hash = "other";
  CHECK(aut.run(again).what == outcome::key_conflict);
  again.key->scope = "script";
  CHECK(aut.run(again).what == outcome::applied);
}

TEST_CASE_FIXTURE(fixture, "a key that has expired can be used again") {
  auto first = inserted(number, id);
  first.key = {"panel", "k1", "hash", wall_clock_now()};
  CHECK(aut.run(first).what == outcome::applied);
  auto again = inserted(aut->writer().next_number(), new_id());
  again.key = first.key;
  CHECK(aut.run(again).what == outcome::applied);
}

TEST_CASE_FIXTURE(fixture, "running is not written if the end is there, too") {
  auto tokens =
      aut.submit({inserted(number, id), store::mark_accepted{number, 1},
                  store::mark_running{number, 1}, completed(number, id)});
  CHECK(aut.wait(tokens.back()).what == outcome::applied);
  auto row = aut.history(id)->row;
  CHECK(row.state == state::completed);
  CHECK_FALSE(row.accepted);
  CHECK_FALSE(row.running);
}

TEST_CASE_FIXTURE(fixture,
                  "lazy operations are stored without anyone waiting") {
  aut.run(inserted(number, id));
  auto commits = aut->state().commits.load();
  auto start = std::chrono::steady_clock::now();
  aut.wait(aut.submit({store::mark_running{number, 1}}).front());
  CHECK(std::chrono::steady_clock::now() - start
        >= std::chrono::milliseconds{45});
  CHECK(now() == state::running);
  CHECK(aut->state().commits.load() == commits + 1);
}

TEST_CASE_FIXTURE(fixture, "each thread gets its own completions") {
  auto mine = aut.submit({inserted(number, id)}, store::durability::full, 3);
  CHECK(aut.wait(mine.front()).number == number);
}

TEST_CASE_FIXTURE(fixture, "a dispatch is found by the ends of its id") {
  aut.run(inserted(number, id));
  auto other = new_id();
  aut.run(inserted(aut->writer().next_number(), other));
  auto match = [&](const std::string& text) {
    auto out = aut.ask<store::short_id_match>(
        [&](auto done) { aut->reader().short_id(text, std::move(done)); });
    REQUIRE(out.value);
    return *out.value;
  };
  CHECK(match(id.str()).id == id);
  CHECK(match(id.str().substr(28)).id == id);
  CHECK(match(id.str().substr(29)).id == id);
  CHECK(match(id.str().substr(0, 30)).id == id);
  CHECK(match(id.str().substr(0, 6)).is_ambiguous);
  CHECK_FALSE(match("nonsense").id);
  CHECK_FALSE(match("").id);
}

TEST_CASE_FIXTURE(fixture, "an id that is no UUID is stored as it is") {
  id = message_id{"any text"};
  aut.run(inserted(number, id));
  CHECK(aut.history(id)->row.id == id);
  id = message_id{"0198C0FE-0000-7000-8000-000000000000"};
  aut.run(inserted(aut->writer().next_number(), id));
  CHECK(aut.history(id)->row.id == id);
}

TEST_CASE_FIXTURE(fixture,
                  "pages follow each other without gap or repetition") {
  std::vector<message_id> ids;
  for (auto i = 0; i < 25; ++i) {
    ids.push_back(new_id());
    auto x = inserted(aut->writer().next_number(), ids.back(),
                      i % 2 == 0 ? state::queued : state::sent);
    x.agent = agent_id{i % 5 == 0 ? "beta" : "alpha"};
    aut.run(std::move(x));
  }
  store::dispatch_filter filter;
  filter.limit = 10;
  std::vector<message_id> seen;
  for (;;) {
    auto page = aut.list(filter);
    for (const auto& x : page.rows)
      seen.push_back(x.id);
    if (!page.next)
      break;
    filter.before = page.next;
  }
  std::reverse(ids.begin(), ids.end());
  CHECK(seen == ids);
  filter = {};
  filter.in = {state::queued};
  CHECK(aut.list(filter).rows.size() == 13);
  filter.in = {state::queued, state::sent};
  CHECK(aut.list(filter).rows.size() == 25);
  filter.in = {state::completed};
  CHECK(aut.list(filter).rows.empty());
  filter.in = {};
  filter.agent = agent_id{"beta"};
  CHECK(aut.list(filter).rows.size() == 5);
  filter.in = {state::sent};
  CHECK(aut.list(filter).rows.size() == 2);
  filter = {};
  filter.since = wall_clock_now() + std::chrono::hours{1};
  CHECK(aut.list(filter).rows.empty());
}

TEST_CASE_FIXTURE(fixture, "what is erased is not in the file any more") {
  auto x = inserted(number, id);
  x.content = "correct horse battery staple";
  aut.run(x);
  CHECK(aut.run(store::erase_dispatch{number}).what == outcome::refused);
  aut.run(completed(number, id));
  CHECK(aut.run(store::erase_dispatch{number}).what == outcome::applied);
  CHECK(aut.run(store::erase_dispatch{number}).what == outcome::came_late);
  CHECK_FALSE(aut.history(id));
  aut.close();
  std::ifstream file{aut.path(), std::ios::binary};
  std::string bytes{std::istreambuf_iterator<char>{file}, {}};
  CHECK(bytes.find(x.content) == std::string::npos);
  CHECK(bytes.find("alpha") != std::string::npos);
}
