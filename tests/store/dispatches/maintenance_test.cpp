#include "store/dispatches/fault.hpp"
#include "store/dispatches/maintenance.hpp"
#include "store/dispatches/offline_store.hpp"
#include "store/dispatches/scratch_store.hpp"
#include "store/dispatches/vacuum.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace fs = std::filesystem;

namespace {

/// Stores dispatches in all kinds of states, and closes the store.
void fill_and_close(scratch_store& aut, int count = 1) {
  aut.open();
  for (auto i = 0; i < count; ++i) {
    auto next = [&] { return aut->writer().next_number(); };
    auto insert = [&](store::dispatch_number number, dispatch_state state) {
      message_id id{make_uuid_v7()};
      aut.run(inserted(number, id, state));
      return id;
    };
    insert(next(), dispatch_state::queued);
    auto number = next();
    aut.run(completed(number, insert(number, dispatch_state::sent)));
    // A second attempt; the first one's answer comes late.
    number = next();
    auto id = insert(number, dispatch_state::sent);
    aut.run(store::retry_dispatch{{number, 1, store::on_link}});
    aut.run(store::mark_sent{number, 2, incarnation{1}});
    aut.run(completed(number, id, 2));
    store::end_dispatch late;
    late.when = {number, 1, store::unfinished};
    late.report.answer = answer_of(id);
    aut.run(std::move(late));
    number = next();
    insert(number, dispatch_state::sent);
    store::end_dispatch cancel{{number, 1, store::on_link}};
    cancel.to = dispatch_state::cancelled;
    aut.run(cancel);
  }
  aut.close();
}

std::vector<std::string> broken_rules(const scratch_store& aut) {
  std::vector<std::string> out;
  for (const auto& x : store::check_rows(aut.options.file))
    for (const auto& finding : x.findings)
      out.push_back(std::string{x.rule} + ": " + finding);
  return out;
}

/// What is thrown for a store that cannot be used; empty if nothing is.
template <class Work>
std::string refusal(Work work) {
  try {
    work();
  } catch (const store::open_error& problem) {
    return problem.what();
  }
  return {};
}

} // namespace

TEST_CASE("the rows of a store in use obey all rules") {
  scratch_store aut;
  fill_and_close(aut, 20);
  CHECK(broken_rules(aut).empty());
  CHECK(store::check_rows(aut.options.file).size() == 10);
  aut.open();
  aut.run(store::erase_dispatch{store::dispatch_number{2}});
  aut.run(store::forget_agent{agent_id{"alpha"}});
  // One for which no agent has been chosen.
  auto unassigned =
      inserted(aut->writer().next_number(), message_id{make_uuid_v7()},
               dispatch_state::queued);
  unassigned.agent = {};
  unassigned.events.clear();
  CHECK(aut.run(std::move(unassigned)).what == store::outcome::applied);
  CHECK(broken_rules(aut).empty());
}

TEST_CASE("each rule finds the rows that break it") {
  struct damage {
    const char* sql;
    std::vector<std::string> findings;
  };
  for (const auto& x : std::vector<damage>{
           {"DELETE FROM tasks WHERE n = 1",
            {"Every unfinished dispatch has its task: dispatch 1"}},
           {"DELETE FROM results WHERE dispatch = 3 AND attempt = 2",
            {"Every completed dispatch has its result: dispatch 3"}},
           {"DELETE FROM dispatches WHERE n = 2",
            {"Every task belongs to a dispatch: task 2",
             "Every result belongs to a dispatch: result of dispatch 2"}},
           {"UPDATE results SET details = '{' WHERE dispatch = 3 AND"
            " attempt = 2",
            {"The details of every result are JSON: result of dispatch 3"}},
           {"INSERT INTO changes VALUES(99, 1, 0, 0, 1, NULL, NULL)",
            {"Every change belongs to a dispatch: change of dispatch 99"}},
           {"UPDATE dispatches SET state = 9 WHERE n = 4",
            {"Every dispatch has a known state: dispatch 4"}},
           {"UPDATE dispatches SET session = 99 WHERE n = 4",
            {"Every dispatch belongs to an agent, or to none yet, and to a "
             "session: dispatch 4"}},
           {"INSERT INTO agent_dispatches VALUES(1, 99)",
            {"Every dispatch is found by its agent and its state: dispatch "
             "99"}},
           {"UPDATE meta SET value = 1 WHERE key = 'dispatches_indexed'",
            {"Every dispatch is found by its agent and its state: dispatch "
             "1"}},
           {"UPDATE events SET prev_of_agent = 1 WHERE n = 1",
            {"Every event belongs to an agent and follows earlier events: "
             "event 1"}},
       }) {
    CAPTURE(x.sql);
    scratch_store aut;
    fill_and_close(aut);
    aut.execute(x.sql);
    CHECK(broken_rules(aut) == x.findings);
    CHECK(store::check_store(aut.options.file).empty());
  }
}

TEST_CASE(
    "commands refuse the store of a later version and of other programs") {
  scratch_store aut;
  fill_and_close(aut);
  auto attempts = [&] {
    auto file = aut.options.file;
    return std::vector<std::string>{
        refusal([&] { std::ignore = store::check_store(file); }),
        refusal([&] { std::ignore = store::check_rows(file); }),
        refusal([&] { std::ignore = store::statistics_of(file); }),
        refusal([&] { std::ignore = store::export_rows(file, [](auto) {}); }),
        refusal([&] { store::offline_store{file}; })};
  };
  for (const auto& x : attempts())
    CHECK(x.empty());
  aut.execute("PRAGMA user_version = 9");
  for (const auto& x : attempts())
    CHECK(x.starts_with("A later version of Bridgekeeper has written"));
  aut.execute("PRAGMA application_id = 7");
  for (const auto& x : attempts())
    CHECK(x.find("belongs to another program") != std::string::npos);
  fs::resize_file(aut.path(), 0);
  for (const auto& x : attempts())
    CHECK(x.find("is empty") != std::string::npos);
}

TEST_CASE("only one process has a store to itself") {
  scratch_store aut;
  aut.open();
  CHECK(refusal([&] {
          store::offline_store{aut.options.file};
        }).starts_with("Another bridgekeeper uses the store"));
  aut.close();
  store::offline_store mine{aut.options.file};
  CHECK_FALSE(refusal([&] { std::ignore = aut.open(); }).empty());
}

TEST_CASE(
    "a backup without a daemon is a complete store and overwrites nothing") {
  scratch_store aut;
  fill_and_close(aut, 5);
  store::offline_store subject{aut.options.file};
  auto target = aut.path() + ".copy";
  subject.back_up(target);
  CHECK(fs::status(target).permissions()
        == (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(store::statistics_of({target}).rows_by_table["dispatches"] == 20);
  CHECK(store::check_store({target}).empty());
  CHECK_THROWS_AS(subject.back_up(target), std::runtime_error);
  auto link = aut.path() + ".link";
  fs::create_symlink(aut.path() + ".nowhere", link);
  CHECK_THROWS_AS(subject.back_up(link), std::runtime_error);
  CHECK(fs::is_symlink(fs::symlink_status(link)));
  CHECK_FALSE(fs::exists(aut.path() + ".nowhere"));
}

TEST_CASE("a backup includes what is only in the WAL after a crash") {
  scratch_store aut;
  aut.open();
  message_id id{make_uuid_v7()};
  aut.run(inserted(aut->writer().next_number(), id));
  auto copy = aut.crashed_copy();
  REQUIRE(fs::file_size(copy->path() + "-wal") > 0);
  store::offline_store{copy->options.file}.back_up(copy->path() + ".copy");
  auto figures = store::statistics_of({copy->path() + ".copy"});
  REQUIRE(figures.newest);
  CHECK(figures.newest->id == id.str());
}

TEST_CASE("a vacuum that would fill the disk does not start") {
  CHECK_NOTHROW(store::check_room(1'000, 1'000, "/data"));
  CHECK_THROWS_WITH_AS(
      store::check_room((std::uint64_t{2} << 20) + 1, (std::uint64_t{2} << 20),
                        "/data"),
      "The vacuum needs 3 MiB of free space in /data, and only 2 MiB are free. "
      "Make room and try again.",
      store::no_room);
}

TEST_CASE("a vacuum without a daemon returns the space of removed rows") {
  scratch_store aut;
  aut.open();
  auto number = aut->writer().next_number();
  auto large = inserted(number, message_id{make_uuid_v7()});
  large.content = std::string(std::size_t{4} << 20, 'x');
  large.state = dispatch_state::queued;
  aut.run(large);
  aut.close();
  aut.execute("DELETE FROM tasks; DELETE FROM dispatches");
  auto before = store::statistics_of(aut.options.file);
  CHECK(before.free_bytes > std::uint64_t{4} << 20);
  {
    store::offline_store subject{aut.options.file};
    auto db = store::open_reader(aut.options.file);
    CHECK(store::room_for_vacuum(*db) < std::uint64_t{2} << 20);
    subject.vacuum();
  }
  auto after = store::statistics_of(aut.options.file);
  CHECK(after.file_bytes < std::uint64_t{1} << 20);
  CHECK(after.free_bytes == 0);
  CHECK(after.schema == 4);
  // Nothing else is left in the directory.
  for (const auto& x :
       fs::directory_iterator{fs::path{aut.path()}.parent_path()})
    CHECK(x.path().filename().string().starts_with(store::file_name));
  std::ignore = aut.open();
}
