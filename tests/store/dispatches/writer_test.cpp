#include "store/dispatches/scratch_store.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace bridgekeeper;
using namespace bridgekeeper::test;
using store::outcome;

namespace {

message_id new_id() {
  return message_id{make_uuid()};
}

} // namespace

TEST_CASE("a dispatch and its end are on record when they are completed") {
  scratch_store aut;
  aut.open();
  auto id = new_id();
  auto number = aut->writer().next_number();
  CHECK(aut.run(inserted(number, id)).what == outcome::applied);
  auto row = aut.history(id);
  REQUIRE(row);
  CHECK(row->row.state == dispatch_state::sent);
  CHECK(row->row.agent == agent_id{"alpha"});
  CHECK(row->row.session == session_id{"s1"});
  CHECK(row->task.content == "do it");
  CHECK(aut.run(completed(number, id)).what == outcome::applied);
  row = aut.history(id);
  REQUIRE(row);
  CHECK(row->row.state == dispatch_state::completed);
  REQUIRE(row->results.size() == 1);
  CHECK(row->results[0].answer->content == "ok");
}

TEST_CASE("events are published after their commit with rising numbers") {
  scratch_store aut;
  aut.open();
  auto id = new_id();
  auto number = aut->writer().next_number();
  aut.run(inserted(number, id));
  aut.run(completed(number, id));
  auto events = aut.published();
  REQUIRE(events.size() == 2);
  CHECK(events[0]->sequence == 1);
  CHECK(events[1]->sequence == 2);
  CHECK(events[0]->at < events[1]->at);
  CHECK(aut.number("SELECT count(*) FROM events") == 2);
}

TEST_CASE("a store that is opened again has everything") {
  scratch_store aut;
  CHECK(aut.open().unfinished.empty());
  auto first = new_id();
  auto second = new_id();
  auto number = aut->writer().next_number();
  aut.run(inserted(number, first));
  aut.run(completed(number, first));
  aut.run(inserted(aut->writer().next_number(), second));
  aut.close();
  auto loaded = aut.open();
  CHECK(loaded.was_clean);
  CHECK(loaded.epoch == 2);
  CHECK(loaded.next_number == 3);
  REQUIRE(loaded.unfinished.size() == 1);
  CHECK(loaded.unfinished[0].row.id == second);
  CHECK(loaded.unfinished[0].content == "do it");
  REQUIRE(loaded.agents.size() == 1);
  REQUIRE(loaded.newest.size() == 1);
  CHECK(loaded.newest[0].id == second);
  REQUIRE(loaded.tail.size() == 3);
  CHECK(loaded.last_event == 3);
  auto answer = std::get_if<agent_response>(&loaded.tail[1]->body);
  REQUIRE(answer != nullptr);
  CHECK(answer->result->content == "ok");
}

TEST_CASE("the files are readable by their owner only") {
  scratch_store aut;
  aut.open();
  aut.run(inserted(aut->writer().next_number(), new_id()));
  namespace fs = std::filesystem;
  for (const auto* suffix : {"", "-wal", "-shm", ".lock"})
    CHECK((fs::status(aut.path() + suffix).permissions()
           & (fs::perms::group_all | fs::perms::others_all))
          == fs::perms::none);
}

TEST_CASE("an operation that cannot be stored does not keep others from it") {
  scratch_store aut;
  aut.open();
  auto id = new_id();
  auto other = new_id();
  aut.run(inserted(aut->writer().next_number(), id));
  auto tokens = aut.submit({inserted(aut->writer().next_number(), id),
                            inserted(aut->writer().next_number(), other)});
  CHECK(aut.wait(tokens[0]).what == outcome::refused);
  CHECK(aut.wait(tokens[1]).what == outcome::applied);
  CHECK(aut->state().trouble.load() == store::fault::none);
}
