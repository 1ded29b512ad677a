#include "app/processes/kept_cgroups.hpp"
#include "app/processes/task_cgroup.hpp"
#include "app/scratch_dir.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

using namespace bridgekeeper::app;

namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, std::string_view text) {
  std::ofstream{path} << text;
}

std::string read(const fs::path& path) {
  std::ostringstream out;
  out << std::ifstream{path}.rdbuf();
  return out.str();
}

/// A directory that looks like the hierarchy of a machine.
struct hierarchy {
  hierarchy() {
    fs::create_directories(own());
  }

  [[nodiscard]] fs::path own() const {
    return scratch.path() / "user.slice" / "bridge.service";
  }

  scratch_dir scratch;
  std::string own_text = "3:cpu:/elsewhere\n0::/user.slice/bridge.service\n";
};

} // namespace

TEST_CASE_FIXTURE(hierarchy, "each task has a group below the bridge's own") {
  cgroup_maker aut{scratch.path(), own_text};
  auto first = aut.make();
  auto second = aut.make();
  REQUIRE(first.has_value());
  REQUIRE(second.has_value());
  CHECK(first->directory().parent_path() == own());
  CHECK(first->directory() != second->directory());
  CHECK(first->entrance() >= 0);
}

TEST_CASE_FIXTURE(hierarchy, "members of nested groups are members") {
  cgroup_maker maker{scratch.path(), own_text};
  auto aut = maker.make();
  REQUIRE(aut.has_value());
  fs::create_directories(aut->directory() / "a" / "b");
  write(aut->directory() / "cgroup.procs", "12\n13\n");
  write(aut->directory() / "a" / "b" / "cgroup.procs", "14\n0\n");
  auto members = aut->members();
  std::sort(members.begin(), members.end());
  CHECK(members == std::vector<pid_t>{12, 13, 14});
}

TEST_CASE_FIXTURE(hierarchy, "a group is killed where the kernel can do it") {
  cgroup_maker maker{scratch.path(), own_text};
  auto aut = maker.make();
  REQUIRE(aut.has_value());
  CHECK_FALSE(aut->kill());
  write(aut->directory() / "cgroup.kill", "");
  CHECK(aut->kill());
  CHECK(read(aut->directory() / "cgroup.kill") == "1");
}

TEST_CASE_FIXTURE(hierarchy, "an empty group is removed with those in it") {
  cgroup_maker maker{scratch.path(), own_text};
  auto aut = maker.make();
  REQUIRE(aut.has_value());
  fs::create_directories(aut->directory() / "a" / "b");
  // In the kernel's file system, this file does not keep the directory.
  fs::remove(aut->directory() / "cgroup.procs");
  CHECK(aut->remove());
  CHECK_FALSE(fs::exists(aut->directory()));
}

TEST_CASE_FIXTURE(hierarchy, "groups of a process that has gone are removed") {
  auto gone = own() / "bridgekeeper-task.2000000000.1";
  auto alive =
      own() / ("bridgekeeper-task." + std::to_string(::getpid()) + ".7");
  auto other = own() / "unrelated";
  for (const auto& x : {gone, alive, other})
    fs::create_directory(x);
  fs::create_directory(gone / "nested");
  cgroup_maker aut{scratch.path(), own_text};
  CHECK_FALSE(fs::exists(gone));
  CHECK(fs::exists(alive));
  CHECK(fs::exists(other));
}

TEST_CASE_FIXTURE(hierarchy, "a busy group is removed when it is empty") {
  cgroup_maker maker{scratch.path(), own_text};
  auto made = maker.make();
  REQUIRE(made.has_value());
  auto place = made->directory();
  kept_cgroups aut;
  aut.retire(nullptr);
  aut.retire(std::make_shared<task_cgroup>(std::move(*made)));
  CHECK(aut.size() == 1);
  // In the kernel's file system, processes keep the directory instead.
  fs::remove(place / "cgroup.procs");
  aut.remove_empty();
  CHECK(aut.size() == 0);
  CHECK_FALSE(fs::exists(place));
}

TEST_CASE_FIXTURE(hierarchy, "a maker that may not make groups says why") {
  cgroup_maker aut{scratch.path() / "missing", own_text};
  auto made = aut.make();
  REQUIRE_FALSE(made.has_value());
  CHECK(to_string(made.error()).find("cannot create") != std::string::npos);
}
