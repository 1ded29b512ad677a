#include "app/bridge/known_ids.hpp"
#include "domain/limits.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace bridgekeeper;
using app::known_ids;
using app::to_resume_pages;

namespace {

using state = known_ids::state;

std::vector<resume_entry> entries(std::size_t count) {
  std::vector<resume_entry> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back({message_id{std::to_string(i)}, resume_state::running});
  return out;
}

} // namespace

TEST_CASE("a wire id that was never received is unknown") {
  known_ids aut;
  CHECK_FALSE(aut.find(message_id{"1"}).has_value());
  aut.set(message_id{"1"}, state::waiting);
  CHECK_FALSE(aut.find(message_id{"1.2"}).has_value());
}

TEST_CASE("a wire id has its latest state") {
  known_ids aut;
  for (auto x :
       {state::waiting, state::running, state::finished, state::gone}) {
    aut.set(message_id{"1"}, x);
    CHECK(aut.find(message_id{"1"}) == x);
  }
}

TEST_CASE("an acknowledged wire id is known, but not listed") {
  known_ids aut;
  aut.set(message_id{"1"}, state::finished);
  aut.set(message_id{"1"}, state::gone);
  CHECK(aut.unacknowledged().empty());
  CHECK(aut.find(message_id{"1"}) == state::gone);
}

TEST_CASE("an error for a result that is gone is listed again") {
  known_ids aut;
  aut.set(message_id{"1"}, state::gone);
  aut.set(message_id{"1"}, state::finished);
  REQUIRE(aut.unacknowledged().size() == 1);
  CHECK(aut.unacknowledged()[0].state == resume_state::finished);
}

TEST_CASE("a forgotten wire id may be started later") {
  known_ids aut;
  aut.set(message_id{"1"}, state::waiting);
  aut.forget(message_id{"1"});
  CHECK_FALSE(aut.find(message_id{"1"}).has_value());
  CHECK(aut.unacknowledged().empty());
}

TEST_CASE("finished dispatches are listed first") {
  known_ids aut;
  aut.set(message_id{"a"}, state::running);
  aut.set(message_id{"b"}, state::finished);
  aut.set(message_id{"c"}, state::waiting);
  aut.set(message_id{"d"}, state::finished);
  std::string order;
  std::string states;
  for (const auto& x : aut.unacknowledged()) {
    order += x.message.str();
    states += to_string(x.state).front();
  }
  CHECK(order == "bdac");
  CHECK(states == "ffrw");
}

TEST_CASE("a list is split into pages that fit into frames") {
  struct row {
    std::size_t entries;
    std::vector<std::size_t> pages;
  };
  constexpr auto full = max_resume_entries;
  for (const auto& x :
       {row{0, {0}}, row{1, {1}}, row{full, {full}}, row{full + 1, {full, 1}},
        row{3 * full, {full, full, full}}}) {
    CAPTURE(x.entries);
    auto pages = to_resume_pages(entries(x.entries));
    std::vector<std::size_t> sizes;
    std::size_t next = 0;
    for (const auto& page : pages) {
      sizes.push_back(page.size());
      for (const auto& entry : page)
        CHECK(entry.message.str() == std::to_string(next++));
    }
    CHECK(sizes == x.pages);
  }
}
