#include "api/stream_backlog.hpp"
#include "domain/events.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;
using api::stream_backlog;

namespace {

std::string drained(stream_backlog& aut) {
  std::string out;
  for (; !aut.empty(); aut.pop())
    out += std::to_string(aut.front()->sequence) + ' ';
  return out;
}

auto answer_at(std::uint64_t sequence) {
  return make_event(sequence, "alpha", responded("m", "done"));
}

auto report(std::uint64_t sequence) {
  return make_event(sequence, "alpha", progressed("m", "working"));
}

} // namespace

TEST_CASE("a backlog gives out in order what was put in") {
  stream_backlog aut{4};
  CHECK(aut.empty());
  CHECK(aut.add(report(1)));
  CHECK(aut.add(answer_at(2)));
  CHECK(aut.add(report(3)));
  CHECK(drained(aut) == "1 2 3 ");
  CHECK_FALSE(aut.has_gap());
}

TEST_CASE("in a full backlog progress reports make room for newer events") {
  stream_backlog aut{3};
  CHECK(aut.add(report(1)));
  CHECK(aut.add(answer_at(2)));
  CHECK(aut.add(report(3)));
  CHECK(aut.add(answer_at(4)));
  CHECK(drained(aut) == "2 4 ");
}

TEST_CASE("a gap stays until the reader was told") {
  stream_backlog aut{2};
  CHECK(aut.add(report(1)));
  CHECK(aut.add(answer_at(2)));
  CHECK_FALSE(aut.has_gap());
  CHECK(aut.add(answer_at(3)));
  CHECK(aut.has_gap());
  aut.forget_gap();
  CHECK_FALSE(aut.has_gap());
}

TEST_CASE("results are never dropped: a backlog full of them takes no more") {
  stream_backlog aut{2};
  CHECK(aut.add(answer_at(1)));
  CHECK(aut.add(answer_at(2)));
  CHECK_FALSE(aut.add(answer_at(3)));
  CHECK_FALSE(aut.has_gap());
  CHECK(drained(aut) == "1 2 ");
}

TEST_CASE("progress that does not fit is dropped, and nothing else for it") {
  stream_backlog aut{2};
  CHECK(aut.add(report(1)));
  CHECK(aut.add(answer_at(2)));
  CHECK(aut.add(report(3)));
  CHECK(aut.has_gap());
  CHECK(drained(aut) == "1 2 ");
}

TEST_CASE("a backlog is bounded in memory, too") {
  constexpr auto half = stream_backlog::max_bytes / 2;
  auto large = [](std::uint64_t sequence) {
    return make_event(sequence, "alpha",
                      responded("m", std::string(half, 'x')));
  };
  stream_backlog aut{100};
  CHECK(aut.add(large(1)));
  CHECK_FALSE(aut.add(large(2)));
  CHECK(aut.add(answer_at(3)));
  aut.pop();
  CHECK(aut.add(large(4)));
  CHECK(drained(aut) == "3 4 ");
}

TEST_CASE("a backlog that was drained has room again") {
  stream_backlog aut{1};
  CHECK(aut.add(answer_at(1)));
  CHECK_FALSE(aut.add(answer_at(2)));
  aut.pop();
  CHECK(aut.add(answer_at(3)));
}
