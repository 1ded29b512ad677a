#include "domain/ids.hpp"
#include "domain/timestamp.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>
#include <type_traits>
#include <unordered_set>
#include <vector>

using namespace bridgekeeper;

TEST_CASE("an agent id has 1 to 64 letters digits and hyphens") {
  CHECK(is_valid_agent_id("a"));
  CHECK(is_valid_agent_id("Agent-007"));
  CHECK(is_valid_agent_id("-"));
  CHECK(is_valid_agent_id(std::string(64, 'z')));
  CHECK_FALSE(is_valid_agent_id(""));
  CHECK_FALSE(is_valid_agent_id(std::string(65, 'z')));
}

TEST_CASE("any other byte spoils an agent id") {
  for (auto byte = 0; byte <= 255; ++byte) {
    CAPTURE(byte);
    auto c = static_cast<char>(byte);
    auto expected = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
                    || (c >= 'a' && c <= 'z') || c == '-';
    CHECK(is_valid_agent_id(std::string{'a', c, 'b'}) == expected);
    CHECK(is_valid_agent_id(std::string{c}) == expected);
  }
}

TEST_CASE("ids of different kinds do not mix") {
  CHECK_FALSE(std::is_convertible_v<agent_id, message_id>);
  CHECK_FALSE(std::is_convertible_v<std::string, agent_id>);
  CHECK(agent_id{"a"} == agent_id{"a"});
  CHECK(agent_id{"a"} < agent_id{"b"});
  CHECK(agent_id{}.empty());
  CHECK(std::unordered_set<message_id>{message_id{"x"}, message_id{"x"}}.size()
        == 1);
}

TEST_CASE("a fresh UUID is of version 4") {
  auto text = make_uuid();
  REQUIRE(text.size() == 36);
  for (std::size_t i = 0; i < text.size(); ++i) {
    CAPTURE(i);
    if (i == 8 || i == 13 || i == 18 || i == 23)
      CHECK(text[i] == '-');
    else
      CHECK(std::string_view{"0123456789abcdef"}.find(text[i])
            != std::string_view::npos);
  }
  CHECK(text[14] == '4');
  CHECK(std::string_view{"89ab"}.find(text[19]) != std::string_view::npos);
}

TEST_CASE("fresh UUIDs of several threads are all different") {
  constexpr std::size_t per_thread = 2000;
  std::vector<std::vector<std::string>> made(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : made)
      threads.emplace_back([&mine] {
        for (std::size_t i = 0; i < per_thread; ++i)
          mine.push_back(make_uuid());
      });
  }
  std::unordered_set<std::string> all;
  for (const auto& mine : made)
    all.insert(mine.begin(), mine.end());
  CHECK(all.size() == made.size() * per_thread);
}

TEST_CASE("a UUID of version 7 starts with its time") {
  auto milliseconds = [] {
    return std::chrono::floor<std::chrono::milliseconds>(wall_clock_now())
        .time_since_epoch()
        .count();
  };
  auto before = milliseconds();
  auto text = make_uuid_v7();
  auto after = milliseconds();
  REQUIRE(text.size() == 36);
  CHECK(text[14] == '7');
  CHECK(std::string_view{"89ab"}.find(text[19]) != std::string_view::npos);
  auto time = std::stoll(text.substr(0, 8) + text.substr(9, 4), nullptr, 16);
  CHECK(time >= before);
  CHECK(time <= after);
}

TEST_CASE("UUIDs of version 7 of several threads are all different") {
  constexpr std::size_t per_thread = 20'000;
  std::vector<std::vector<std::string>> made(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : made)
      threads.emplace_back([&mine] {
        for (std::size_t i = 0; i < per_thread; ++i)
          mine.push_back(make_uuid_v7());
      });
  }
  std::unordered_set<std::string> all;
  for (const auto& mine : made)
    all.insert(mine.begin(), mine.end());
  CHECK(all.size() == made.size() * per_thread);
}

TEST_CASE("an incarnation is a number") {
  CHECK(to_number(incarnation{}) == 0);
  CHECK(to_number(incarnation{7}) == 7);
  CHECK(incarnation{7} < incarnation{8});
}
