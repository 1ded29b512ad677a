#include "domain/pending_table.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace bridgekeeper;
using namespace std::chrono_literals;

namespace {

using table = pending_table<std::string>;
using id = message_id;

constexpr table::time_point start{1h};

} // namespace

TEST_CASE("an entry is extracted exactly once") {
  table aut;
  CHECK(aut.add(id{"a"}, start, "A"));
  CHECK(aut.extract(id{"a"}) == "A");
  CHECK(aut.extract(id{"a"}) == std::nullopt);
  CHECK(aut.size() == 0);
}

TEST_CASE("a response and an expiry cannot both have the entry") {
  SUBCASE("the response first") {
    table aut;
    CHECK(aut.add(id{"a"}, start, "A"));
    CHECK(aut.extract(id{"a"}) == "A");
    CHECK(aut.extract_due(start + 1h) == std::nullopt);
  }
  SUBCASE("the expiry first") {
    table aut;
    CHECK(aut.add(id{"a"}, start, "A"));
    CHECK(aut.extract_due(start + 1h) == "A");
    CHECK(aut.extract(id{"a"}) == std::nullopt);
  }
}

TEST_CASE("entries count in bytes until they are taken out") {
  table aut;
  CHECK(aut.add(id{"a"}, start + 1s, "A", 100));
  CHECK(aut.add(id{"b"}, start + 2s, "B", 20));
  CHECK(aut.add(id{"c"}, start + 3s, "C", 3));
  CHECK_FALSE(aut.add(id{"a"}, start, "again", 1000));
  CHECK(aut.bytes() == 123);
  CHECK(aut.extract(id{"b"}) == "B");
  CHECK(aut.bytes() == 103);
  CHECK(aut.extract_due(start + 1s) == "A");
  CHECK(aut.bytes() == 3);
  CHECK(aut.extract_all().size() == 1);
  CHECK(aut.bytes() == 0);
}

TEST_CASE("an entry is due at its deadline and not before") {
  table aut;
  CHECK(aut.add(id{"a"}, start + 10s, "A"));
  CHECK(aut.extract_due(start + 10s - 1ns) == std::nullopt);
  CHECK(aut.extract_due(start + 10s) == "A");
}

TEST_CASE("what is due comes out in order of deadlines") {
  table aut;
  CHECK(aut.add(id{"late"}, start + 3s, "late"));
  CHECK(aut.add(id{"early"}, start + 1s, "early"));
  CHECK(aut.add(id{"later"}, start + 9s, "later"));
  CHECK(aut.add(id{"also-late"}, start + 3s, "also late"));
  CHECK(aut.next_deadline() == start + 1s);
  CHECK(aut.extract_due(start + 5s) == "early");
  CHECK(aut.extract_due(start + 5s) == "late");
  CHECK(aut.extract_due(start + 5s) == "also late");
  CHECK(aut.extract_due(start + 5s) == std::nullopt);
  CHECK(aut.next_deadline() == start + 9s);
}

TEST_CASE("a second entry of the same id is refused and changes nothing") {
  table aut;
  CHECK(aut.add(id{"a"}, start + 5s, "first"));
  CHECK_FALSE(aut.add(id{"a"}, start + 1s, "second"));
  CHECK(aut.size() == 1);
  CHECK(aut.next_deadline() == start + 5s);
  CHECK(aut.extract(id{"a"}) == "first");
}

TEST_CASE("an id can be used again once its entry is gone") {
  table aut;
  CHECK(aut.add(id{"a"}, start, "first"));
  CHECK(aut.extract(id{"a"}) == "first");
  CHECK(aut.add(id{"a"}, start + 1s, "second"));
  CHECK(aut.next_deadline() == start + 1s);
}

TEST_CASE("an answered entry leaves nothing behind") {
  table aut;
  for (int i = 0; i < 10'000; ++i) {
    id key{std::to_string(i)};
    REQUIRE(aut.add(key, start + 10min + std::chrono::seconds{i % 7}, "x"));
    REQUIRE(aut.extract(key));
  }
  CHECK(aut.size() == 0);
  CHECK(aut.next_deadline() == std::nullopt);
  CHECK(aut.extract_due(table::time_point::max()) == std::nullopt);
}

TEST_CASE("everything comes out at once in order of deadlines") {
  table aut;
  CHECK(aut.add(id{"b"}, start + 2s, "B"));
  CHECK(aut.add(id{"never"}, table::time_point::max(), "never"));
  CHECK(aut.add(id{"a"}, start + 1s, "A"));
  CHECK(aut.extract_all() == std::vector<std::string>{"A", "B", "never"});
  CHECK(aut.size() == 0);
  CHECK(aut.extract_all().empty());
}

TEST_CASE("entries are found and visited without being taken") {
  table aut;
  CHECK(aut.add(id{"b"}, start + 2s, "B"));
  CHECK(aut.add(id{"a"}, start + 1s, "A"));
  REQUIRE(aut.find(id{"a"}) != nullptr);
  CHECK(*aut.find(id{"a"}) == "A");
  CHECK(aut.find(id{"c"}) == nullptr);
  std::string seen;
  aut.for_each([&seen](const std::string& entry, table::time_point deadline) {
    seen += entry + std::to_string((deadline - start) / 1s);
  });
  CHECK(seen == "A1B2");
  CHECK(aut.size() == 2);
}

TEST_CASE("entries may be of a kind that cannot be copied") {
  pending_table<std::unique_ptr<int>> aut;
  CHECK(aut.add(id{"a"}, start, std::make_unique<int>(7)));
  auto out = aut.extract(id{"a"});
  REQUIRE(out);
  CHECK(**out == 7);
}
