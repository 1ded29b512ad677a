#include "store/dispatches/maintenance.hpp"
#include "store/dispatches/scratch_store.hpp"
#include "store/dispatches/statement.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::test;
using store::fault;
using store::outcome;

namespace fs = std::filesystem;

namespace {

constexpr auto page_size = 4'096;

message_id new_id() {
  return message_id{make_uuid_v7()};
}

/// Stores dispatches of all kinds, so that no table is empty.
void fill(scratch_store& aut, int count) {
  for (auto i = 0; i < count; ++i) {
    auto number = aut->writer().next_number();
    auto id = new_id();
    auto insert = inserted(number, id);
    insert.key = {"panel", id.str(), "hash",
                  wall_clock_now() + std::chrono::hours{1}};
    auto end = completed(number, id);
    end.report.cost = micro_usd{1};
    auto retried = completed(number, id, 2);
    store::retry_dispatch retry{{number, 1, store::on_link}};
    std::vector<store::operation_body> all;
    all.emplace_back(std::move(insert));
    if (i % 3 == 0) {
      all.emplace_back(retry);
      all.emplace_back(store::mark_sent{number, 2, incarnation{1}});
      all.emplace_back(std::move(retried));
    } else if (i % 3 == 1) {
      all.emplace_back(std::move(end));
    }
    auto tokens = aut.submit(std::move(all), store::durability::commit);
    aut.wait(tokens.back());
  }
}

struct root {
  std::string name;
  std::int64_t page = 0;
};

std::vector<root> roots_of(const std::string& path) {
  SQLite::Database db{path};
  std::vector<root> out;
  store::statement query{db, "SELECT name, rootpage FROM sqlite_schema"
                             " WHERE rootpage > 0"};
  for (query.start(); query.step();)
    out.push_back({query.text(0), query.number(1)});
  return out;
}

void overwrite_page(const std::string& path, std::int64_t page) {
  std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
  file.seekp((page - 1) * page_size);
  file << std::string(page_size, '\xa5');
}

} // namespace

TEST_CASE("a damaged page of any table or index is survived and reported") {
  scratch_store intact;
  intact.open();
  fill(intact, 60);
  intact.close();
  auto roots = roots_of(intact.path());
  CHECK(roots.size() > 15);
  for (const auto& x : roots) {
    CAPTURE(x.name);
    auto aut = intact.crashed_copy();
    overwrite_page(aut->path(), x.page);
    std::ignore = aut->open();
    // Whatever happens to them, all operations are answered.
    auto number = (**aut).writer().next_number();
    auto id = new_id();
    auto tokens = aut->submit({inserted(number, id)});
    auto done = aut->wait(tokens.front());
    CHECK((done.what == outcome::applied || done.why == fault::corrupt));
    auto page = aut->ask<store::dispatch_page>(
        [&](auto answer) { (**aut).reader().list({}, std::move(answer)); });
    // A start, a dispatch, a list and the writer's upkeep, which follows soon,
    // read all tables but these.
    if (x.name != "changes" && x.name != "idempotency")
      aut->wait_until([&] {
        return (**aut).state().trouble.load() == fault::corrupt || !page.value
               || done.what != outcome::applied;
      });
    CHECK_FALSE(store::check_store(aut->options.file).empty());
    aut->close();
    // What is whole can still be saved.
    std::int64_t rows = 0;
    try {
      rows = store::export_rows(aut->options.file, [](auto) {}).rows;
    } catch (const SQLite::Exception&) {
    }
    CHECK(rows > 100);
  }
}

TEST_CASE("a WAL that was cut off loses the last commits and nothing else") {
  scratch_store aut;
  aut.open();
  fill(aut, 60);
  auto size = fs::file_size(aut.path() + "-wal");
  for (auto keep :
       {size - 1, size / 2, size / 3, std::uintmax_t{100}, std::uintmax_t{0}}) {
    CAPTURE(keep);
    auto copy = aut.crashed_copy();
    fs::resize_file(copy->path() + "-wal", keep);
    auto loaded = copy->open();
    CHECK((**copy).state().trouble.load() == fault::none);
    CHECK(store::check_store(copy->options.file).empty());
    CHECK(copy->number("SELECT count(*) FROM dispatches")
          == copy->number("SELECT count(*) FROM tasks"));
    CHECK(copy->run(inserted((**copy).writer().next_number(), new_id())).what
          == outcome::applied);
  }
}

TEST_CASE("the WAL of another store leaves no mixture of both") {
  scratch_store aut;
  aut.open();
  fill(aut, 10);
  aut.close();
  scratch_store other;
  other.open();
  fill(other, 20);
  fs::copy_file(other.path() + "-wal", aut.path() + "-wal",
                fs::copy_options::overwrite_existing);
  // SQLite cannot tell whose WAL it is if its checksums are right, so the store
  // is now the other one.
  std::ignore = aut.open();
  CHECK(aut->state().trouble.load() == fault::none);
  CHECK(store::check_store(aut.options.file).empty());
  CHECK(aut.number("SELECT count(*) FROM dispatches") == 20);
}
