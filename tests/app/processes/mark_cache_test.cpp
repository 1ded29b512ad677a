#include "app/processes/mark_cache.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace bridgekeeper::app;

namespace {

struct marked_processes {
  std::map<pid_t, std::string> marks;
  int reads = 0;
  mark_cache aut{[this](pid_t pid) {
    ++reads;
    return marks[pid];
  }};
};

} // namespace

TEST_CASE_FIXTURE(marked_processes,
                  "a young process may get its mark after it was looked at") {
  process_key young{20, 1000};
  CHECK(aut.mark_of(young, 1001).empty());
  marks[20] = "this";
  CHECK(aut.mark_of(young, 1002) == "this");
}

TEST_CASE_FIXTURE(marked_processes, "an environment is read once") {
  marks[20] = "this";
  process_key marked{20, 1000};
  process_key old{30, 1000};
  for (auto i = 0; i < 3; ++i) {
    CHECK(aut.mark_of(marked, 1001) == "this");
    CHECK(aut.mark_of(old, 1000 + mark_cache::settled_age).empty());
  }
  CHECK(reads == 2);
}

TEST_CASE_FIXTURE(marked_processes, "processes that have ended are forgotten") {
  for (auto pid = 20; pid < 30; ++pid)
    CHECK(aut.mark_of({pid, 1000}, 9000).empty());
  // The number 21 belongs to another process now.
  aut.keep_only(process_table{{{{20, 1000}}, {{21, 2000}}}});
  CHECK(aut.size() == 1);
}
