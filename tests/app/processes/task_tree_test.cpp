#include "app/processes/stray_processes.hpp"
#include "app/processes/task_tree.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

using namespace bridgekeeper::app;

namespace {

/// A process whose start time is its number, unless a test says otherwise.
process_entry process(pid_t pid, pid_t parent, pid_t session,
                      std::uint64_t start = 0) {
  return {{pid, start == 0 ? static_cast<std::uint64_t>(pid) : start},
          parent,
          session,
          session};
}

/// A table, marks by process id, and what is found.
struct fixture {
  std::vector<process_entry> entries{process(1, 0, 1), process(10, 1, 10),
                                     process(20, 1, 20)};
  std::map<pid_t, std::string> marks;
  std::unordered_set<pid_t> spared{10};
  task_tree aut{{20, 20}, "this"};

  std::vector<pid_t> find() {
    std::vector<pid_t> out;
    for (const auto& x : aut.find(
             process_table{entries},
             [this](const auto& y) -> const std::string& {
               return marks[y.key.pid];
             },
             spared))
      out.push_back(x.pid);
    std::sort(out.begin(), out.end());
    return out;
  }

  void remove(pid_t pid) {
    std::erase_if(entries, [pid](const auto& x) { return x.key.pid == pid; });
  }
};

using pids = std::vector<pid_t>;

} // namespace

TEST_CASE_FIXTURE(fixture, "a tree is its root and all descendants") {
  entries.push_back(process(22, 21, 22));
  entries.push_back(process(21, 20, 20));
  entries.push_back(process(30, 1, 30));
  CHECK(find() == pids{20, 21, 22});
}

// Numbers of processes start again at the end of their range.
TEST_CASE_FIXTURE(fixture, "parents come before children with lower numbers") {
  entries.insert(entries.begin(),
                 {process(3, 5, 20, 22), process(5, 20, 20, 21)});
  entries.push_back(process(21, 3, 20, 23));
  auto found = aut.find(
      process_table{entries},
      [this](const auto& x) -> const std::string& { return marks[x.key.pid]; },
      spared);
  const std::vector<process_key> expected{{20, 20}, {5, 21}, {3, 22}, {21, 23}};
  CHECK(found == expected);
}

TEST_CASE_FIXTURE(fixture, "an orphan is found by its session") {
  entries.push_back(process(21, 1, 20));
  CHECK(find() == pids{20, 21});
  remove(20);
  CHECK(find() == pids{21});
}

TEST_CASE_FIXTURE(fixture, "an orphan is found by its process group") {
  auto member = process(21, 1, 30);
  member.group = 20;
  entries.push_back(member);
  entries.push_back(process(30, 1, 30));
  CHECK(find() == pids{20, 21});
}

TEST_CASE_FIXTURE(fixture, "a daemon in a session of its own has the mark") {
  entries.push_back(process(21, 1, 21));
  entries.push_back(process(22, 21, 21));
  entries.push_back(process(31, 1, 31));
  marks = {{21, "this"}, {31, "other"}};
  CHECK(find() == pids{20, 21, 22});
}

TEST_CASE_FIXTURE(fixture, "a member remains one when it hides") {
  entries.push_back(process(21, 20, 20));
  CHECK(find() == pids{20, 21});
  remove(20);
  remove(21);
  entries.push_back(process(21, 1, 21));
  CHECK(find() == pids{21});
}

TEST_CASE_FIXTURE(fixture, "the session of a member that has gone is known") {
  entries.push_back(process(21, 20, 21));
  entries.push_back(process(22, 21, 21));
  CHECK(find() == pids{20, 21, 22});
  remove(20);
  remove(21);
  entries.push_back(process(23, 1, 21));
  CHECK(find() == pids{22, 23});
}

TEST_CASE_FIXTURE(fixture,
                  "a process that reuses the root's number is spared") {
  CHECK(find() == pids{20});
  remove(20);
  entries.push_back(process(20, 1, 20, 99));
  entries.push_back(process(21, 20, 20));
  CHECK(find().empty());
}

TEST_CASE_FIXTURE(fixture, "numbers of ended sessions are forgotten") {
  CHECK(find() == pids{20});
  remove(20);
  CHECK(find().empty());
  // Its leader has ended, but it was not the root.
  entries.push_back(process(40, 1, 20));
  CHECK(find().empty());
}

TEST_CASE_FIXTURE(fixture, "a zombie has ended, but its children have not") {
  entries[2].zombie = true;
  entries.push_back(process(21, 20, 21));
  CHECK(find() == pids{21});
}

TEST_CASE_FIXTURE(fixture, "the bridge is spared, whatever its environment") {
  marks = {{10, "this"}};
  entries[1].session = 20;
  CHECK(find() == pids{20});
}

TEST_CASE_FIXTURE(fixture, "without a mark, no mark is a match") {
  aut = task_tree{{20, 20}, ""};
  entries.push_back(process(21, 1, 21));
  CHECK(find() == pids{20});
}

TEST_CASE_FIXTURE(fixture,
                  "a session that a member did not create is no seed") {
  // Somebody copied the variable into a shell of a login session.
  entries.push_back(process(50, 1, 50));
  entries.push_back(process(51, 50, 50));
  marks = {{51, "this"}};
  CHECK(find() == pids{20, 51});
}

TEST_CASE("strays are orphans that are older than all tasks that run") {
  process_table table{{process(10, 1, 10), process(20, 10, 20),
                       process(30, 10, 30), process(40, 10, 40),
                       process(41, 40, 41)}};
  auto strays = [&](const std::vector<process_key>& roots) {
    pids out;
    for (const auto& x : find_strays(table, 10, roots, {}))
      out.push_back(x.pid);
    return out;
  };
  CHECK(strays({}) == pids{20, 30, 40});
  CHECK(strays({{30, 30}}) == pids{20});
  CHECK(strays({{20, 20}, {30, 30}}).empty());
  CHECK(find_strays(table, 10, {}, {}, {{20, 20}, {40, 40}})
        == std::vector<process_key>{{30, 30}});
}
