#include "domain/idempotency_table.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace bridgekeeper;
using namespace std::chrono_literals;

namespace {

const timestamp start = wall_clock_now();
const message_id one{"m-1"};
const message_id two{"m-2"};

idempotency_key key(const std::string& text, const std::string& hash = "h",
                    const std::string& scope = "token") {
  return {scope, text, hash, start + 24h};
}

} // namespace

TEST_CASE("the first dispatch with a key gets it") {
  idempotency_table aut;
  CHECK_FALSE(aut.find(key("k"), start));
  auto mine = aut.claim(key("k"), one, start);
  CHECK(mine.id == one);
  CHECK_FALSE(mine.is_settled);
  auto other = aut.claim(key("k", "another"), two, start);
  CHECK(other.id == one);
  CHECK(other.body_hash == "h");
  CHECK_FALSE(other.is_settled);
}

TEST_CASE("a dispatch that claims its key again still has it") {
  idempotency_table aut;
  REQUIRE(aut.claim(key("k"), one, start).id == one);
  CHECK(aut.claim(key("k"), one, start).id == one);
}

TEST_CASE("an accepted dispatch keeps its key") {
  idempotency_table aut;
  REQUIRE(aut.claim(key("k"), one, start).id == one);
  aut.settle(key("k"), one);
  auto found = aut.find(key("k"), start);
  REQUIRE(found);
  CHECK(found->id == one);
  CHECK(found->is_settled);
}

TEST_CASE("a refused dispatch consumes no key") {
  idempotency_table aut;
  REQUIRE(aut.claim(key("k"), one, start).id == one);
  aut.release(key("k"), one);
  CHECK_FALSE(aut.find(key("k"), start));
  CHECK(aut.claim(key("k"), two, start).id == two);
}

TEST_CASE("only the dispatch that has a key can settle or release it") {
  idempotency_table aut;
  REQUIRE(aut.claim(key("k"), one, start).id == one);
  aut.settle(key("k"), two);
  CHECK_FALSE(aut.find(key("k"), start)->is_settled);
  aut.release(key("k"), two);
  CHECK(aut.find(key("k"), start)->id == one);
  aut.settle(key("unknown"), one);
  aut.release(key("unknown"), one);
}

TEST_CASE("the same text is another key with another token") {
  idempotency_table aut;
  REQUIRE(aut.claim(key("k", "h", "a"), one, start).id == one);
  CHECK(aut.claim(key("k", "h", "b"), two, start).id == two);
}

TEST_CASE("a key is free again after its time") {
  idempotency_table aut;
  REQUIRE(aut.claim(key("k"), one, start).id == one);
  aut.settle(key("k"), one);
  CHECK(aut.find(key("k"), start + 24h - 1us));
  CHECK_FALSE(aut.find(key("k"), start + 24h));
  CHECK(aut.claim(key("k"), two, start + 24h).id == two);
}

TEST_CASE("only as many keys are remembered as there is room for") {
  idempotency_table aut{3};
  for (auto i = 0; i < 5; ++i) {
    auto text = std::to_string(i);
    REQUIRE(aut.claim(key(text), message_id{text}, start).id.str() == text);
  }
  CHECK_FALSE(aut.find(key("0"), start));
  CHECK_FALSE(aut.find(key("1"), start));
  for (auto text : {"2", "3", "4"})
    CHECK(aut.find(key(text), start)->id.str() == text);
}

TEST_CASE("keys that were given back take no room") {
  idempotency_table aut{3};
  REQUIRE(aut.claim(key("kept"), one, start).id == one);
  for (auto i = 0; i < 100; ++i) {
    REQUIRE(aut.claim(key("k"), two, start).id == two);
    aut.release(key("k"), two);
  }
  CHECK(aut.find(key("kept"), start));
}

TEST_CASE("of many threads with the same key exactly one gets it") {
  idempotency_table aut;
  std::atomic<int> owners{0};
  std::vector<std::thread> threads;
  for (auto i = 0; i < 4; ++i)
    threads.emplace_back([&aut, &owners, i] {
      for (auto n = 0; n < 500; ++n) {
        auto x = key(std::to_string(n));
        message_id id{std::to_string(i) + "-" + std::to_string(n)};
        if (aut.claim(x, id, start).id == id) {
          ++owners;
          aut.settle(x, id);
        }
      }
    });
  for (auto& x : threads)
    x.join();
  CHECK(owners == 500);
}
