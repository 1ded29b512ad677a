#include "domain/thread_metrics.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string_view>

using namespace bridgekeeper;

TEST_CASE("each reason has a counter of its own") {
  reason_counters x;
  for (const auto& reason : all_reasons())
    x.count(reason.code);
  for (const auto& reason : all_reasons()) {
    CAPTURE(reason.token);
    CHECK(x.value(reason.code) == 1);
  }
}

TEST_CASE("each kind of frame has a name and a tally of its own") {
  frame_counters x;
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < frame_kinds; ++i) {
    auto kind = static_cast<frame_kind>(i);
    names.insert(to_string(kind));
    x.count(kind, i);
    CHECK(x.of(kind).frames.value() == 1);
    CHECK(x.of(kind).bytes.value() == i);
  }
  CHECK(names.size() == frame_kinds);
}

TEST_CASE("dispatches are counted by how they ended") {
  thread_metrics x;
  x.count_end(dispatch_state::lost);
  x.count_end(dispatch_state::lost);
  x.count_end(dispatch_state::completed);
  CHECK(x.ends[static_cast<std::size_t>(dispatch_state::lost)].value() == 2);
  CHECK(x.ends[static_cast<std::size_t>(dispatch_state::completed)].value()
        == 1);
}
