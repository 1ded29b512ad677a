#include "store/dispatches/background_check.hpp"
#include "store/dispatches/scratch_store.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <mutex>
#include <string>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::test;
using store::fault;

namespace {

/// Stores dispatches that have ended, and closes the store.
void fill_and_close(scratch_store& aut, int count = 200) {
  aut.open();
  std::vector<store::operation_body> all;
  for (auto i = 0; i < count; ++i) {
    auto number = aut->writer().next_number();
    message_id id{make_uuid_v7()};
    auto insert = inserted(number, id);
    insert.content = std::string(200, 'x');
    all.emplace_back(std::move(insert));
    all.emplace_back(completed(number, id));
  }
  aut.wait(aut.submit(std::move(all)).back());
  aut.close();
}

/// As if the last start had been killed.
void forget_the_end(const scratch_store& aut) {
  aut.execute("UPDATE starts SET clean = 0");
}

/// Overwrites the inner page of a table that no start reads.
void damage(const scratch_store& aut) {
  auto page = aut.number("SELECT rootpage FROM sqlite_schema"
                         " WHERE name = 'tasks'");
  constexpr auto size = 4'096;
  std::fstream file{aut.path(),
                    std::ios::in | std::ios::out | std::ios::binary};
  file.seekp((page - 1) * size);
  file << std::string(size, '\xa5');
}

fault trouble(scratch_store& aut) {
  return aut->state().trouble.load();
}

} // namespace

TEST_CASE("damage that nothing has used is found after an unclean end") {
  scratch_store aut;
  fill_and_close(aut);
  forget_the_end(aut);
  damage(aut);
  aut.open();
  CHECK(trouble(aut) == fault::none);
  CHECK(aut->check_if_unclean());
  auto told = aut.wait_for_warnings();
  CHECK(trouble(aut) == fault::corrupt);
  REQUIRE(told.size() == 1);
  CHECK(told[0].find("found by the check that follows an unclean end: ")
        != std::string::npos);
  CHECK(told[0].find('\n') == std::string::npos);
  CHECK(told[0].find("repaired") != std::string::npos);
  auto refused = aut.run(
      inserted(aut->writer().next_number(), message_id{make_uuid_v7()}));
  CHECK(refused.why == fault::corrupt);
  // It has not ended cleanly, so the next start checks it again.
  aut.close();
  aut.open();
  CHECK(aut->check_if_unclean());
}

TEST_CASE("an intact store is found intact after an unclean end") {
  scratch_store origin;
  origin.open();
  message_id id{make_uuid_v7()};
  origin.run(inserted(origin->writer().next_number(), id));
  auto aut = origin.crashed_copy();
  aut->open();
  CHECK((**aut).check_if_unclean());
  CHECK(aut->wait_for_check().why == fault::none);
  CHECK(trouble(*aut) == fault::none);
}

TEST_CASE("a store that has ended cleanly is not checked") {
  scratch_store aut;
  aut.open();
  CHECK_FALSE(aut->check_if_unclean());
  aut.close();
  aut.open();
  CHECK_FALSE(aut->check_if_unclean());
}

TEST_CASE("a check that is interrupted starts again and finds nothing wrong") {
  scratch_store origin;
  fill_and_close(origin, 2'000);
  std::mutex mutex;
  std::vector<store::check_outcome> outcomes;
  auto count = [&] {
    std::lock_guard guard{mutex};
    return outcomes.size();
  };
  store::background_check aut{origin.options.file, [&](const auto& x) {
                                std::lock_guard guard{mutex};
                                outcomes.push_back(x);
                              }};
  aut.suspend();
  aut.start();
  for (auto i = 0; i < 20; ++i) {
    CHECK(aut.busy_with().empty());
    aut.resume();
    aut.suspend();
  }
  aut.resume();
  origin.wait_until([&] { return count() == 1; });
  CHECK(outcomes[0].why == fault::none);
  CHECK(outcomes[0].detail.empty());
}

TEST_CASE("a store that is closed does not wait for its check") {
  scratch_store aut;
  fill_and_close(aut);
  for (auto i = 0; i < 20; ++i) {
    forget_the_end(aut);
    aut.open();
    CHECK(aut->check_if_unclean());
    aut.close();
  }
  CHECK(aut.warnings().empty());
}
