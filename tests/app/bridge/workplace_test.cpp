#include "app/bridge/session_slots.hpp"
#include "app/bridge/slot_numbers.hpp"
#include "app/bridge/workplace.hpp"
#include "app/scratch_dir.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <unistd.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace fs = std::filesystem;

TEST_CASE("tasks run in the directory that is named") {
  scratch_dir here;
  auto place = find_workplace(here.path().string(), 4);
  REQUIRE(place.has_value());
  CHECK(place->of_slot(3) == fs::canonical(here.path()).string());
  CHECK(place->pattern() == fs::canonical(here.path()).string());
}

TEST_CASE("without a name, tasks run in the current directory") {
  auto place = find_workplace("", 1);
  REQUIRE(place.has_value());
  CHECK(place->of_slot(1) == fs::current_path().string());
}

TEST_CASE("each slot has its own directory") {
  scratch_dir here;
  for (auto name : {"w1", "w2"})
    fs::create_directory(here.path() / name);
  auto pattern = here.path().string() + "/w{slot}";
  auto place = find_workplace(pattern, 2);
  REQUIRE(place.has_value());
  CHECK(place->of_slot(2) == here.path().string() + "/w2");
  CHECK(place->pattern() == pattern);
  auto missing = find_workplace(pattern, 3);
  REQUIRE_FALSE(missing.has_value());
  CHECK(to_string(missing.error())
        == "There is no directory " + here.path().string()
               + "/w3. Create it, or name an existing one with --workdir.");
}

TEST_CASE("a file is not a directory to work in") {
  auto place = find_workplace("/etc/passwd", 1);
  REQUIRE_FALSE(place.has_value());
  CHECK(to_string(place.error())
        == "/etc/passwd is not a directory. Name one with --workdir.");
}

TEST_CASE("a follow-up gets the slot of its session if that is free") {
  slot_numbers slots;
  session_slots sessions;
  CHECK(slots.take(sessions.find("s")) == 1);
  CHECK(slots.take() == 2);
  sessions.set("s", 2);
  sessions.set("", 1);
  CHECK_FALSE(sessions.find(""));
  CHECK(slots.take(sessions.find("s")) == 3);
  slots.release(1);
  slots.release(2);
  CHECK(slots.take(sessions.find("s")) == 2);
}

TEST_CASE("only the newest sessions keep their slots") {
  session_slots sessions;
  for (std::size_t i = 0; i <= session_slots::max_sessions; ++i)
    sessions.set(std::to_string(i), 1);
  CHECK_FALSE(sessions.find("0"));
  CHECK(sessions.find("1"));
}

TEST_CASE("a task gets the lowest slot that is free") {
  slot_numbers slots;
  CHECK(slots.take() == 1);
  CHECK(slots.take() == 2);
  CHECK(slots.take() == 3);
  slots.release(2);
  CHECK(slots.take() == 2);
  CHECK(slots.take() == 4);
}
