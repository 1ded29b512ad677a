#include "store/power/recorded_disk.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace bridgekeeper::test;
using kind = disk_call::kind;

namespace {

/// All that many power failures leave of the file `f` after these calls; "-"
/// stands for no file.
std::set<std::string> left_by(const std::vector<disk_call>& calls) {
  recorded_disk disk;
  for (const auto& x : calls)
    disk.apply(x);
  std::set<std::string> out;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    power_failure failure{seed, disk.calls()};
    auto image = disk.after(failure);
    out.insert(image.contains("f") ? image["f"] : "-");
  }
  return out;
}

const disk_call create{kind::created, 1, 0, "f"};
const disk_call sync{kind::synced, 1};
const disk_call sync_directory{kind::directory_synced};

disk_call written(std::uint64_t at, std::string data) {
  return {kind::written, 1, at, std::move(data)};
}

std::string sector_of(char x) {
  return std::string(recorded_disk::sector, x);
}

} // namespace

TEST_CASE("what was synced survives a power failure") {
  auto left = left_by({create, written(0, "abc"), sync, sync_directory});
  CHECK(left == std::set<std::string>{"abc"});
}

TEST_CASE("a new file may be missing until its directory is synced") {
  auto left = left_by({create, written(0, "abc"), sync});
  CHECK(left == std::set<std::string>{"-", "abc"});
}

TEST_CASE("a removed file may be back until its directory is synced") {
  std::vector calls{create, written(0, "abc"), sync, sync_directory,
                    disk_call{kind::removed, 0, 0, "f"}};
  CHECK(left_by(calls) == std::set<std::string>{"-", "abc"});
  calls.push_back(sync_directory);
  CHECK(left_by(calls) == std::set<std::string>{"-"});
}

TEST_CASE("a renamed file has one of its names") {
  recorded_disk disk;
  std::vector calls{create, written(0, "abc"), sync, sync_directory,
                    disk_call{kind::renamed, 0, 0, "f/g"}};
  for (const auto& x : calls)
    disk.apply(x);
  std::set<disk_image> left;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    power_failure failure{seed, disk.calls()};
    left.insert(disk.after(failure));
  }
  CHECK(left == std::set<disk_image>{{{"f", "abc"}}, {{"g", "abc"}}});
}

TEST_CASE("unsynced writes are torn between sectors, and never within one") {
  auto a = sector_of('a');
  auto b = sector_of('b');
  auto left = left_by(
      {create, written(0, a + a), sync, sync_directory, written(0, b + b)});
  CHECK(left == std::set<std::string>{a + a, a + b, b + a, b + b});
}

TEST_CASE("of two writes to a sector, the newer one survives with the older") {
  auto left = left_by({create, written(0, "00"), sync, sync_directory,
                       written(0, "1"), written(1, "2")});
  CHECK(left == std::set<std::string>{"00", "10", "12"});
}

TEST_CASE("a file that grew without a sync has an old size, or zeros") {
  auto zeros = sector_of('\0');
  auto a = sector_of('a');
  auto left = left_by({create, sync_directory, written(0, a)});
  CHECK(left == std::set<std::string>{"", zeros, a});
}

TEST_CASE("what was cut off a file does not come back when it grows") {
  disk_call cut{kind::resized, 1, 0};
  auto left = left_by({create, written(0, "abc"), sync, sync_directory, cut,
                       sync, written(1, "x")});
  CHECK(left
        == std::set<std::string>{"", std::string(2, '\0'),
                                 std::string(1, '\0') + "x"});
}

TEST_CASE("an inode that is used again is another file") {
  auto left = left_by({create, written(0, "abc"), sync, sync_directory,
                       disk_call{kind::removed, 0, 0, "f"}, create, sync});
  CHECK(left == std::set<std::string>{"-", "", "abc"});
}
