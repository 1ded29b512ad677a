#include "actors/log_teller.hpp"
#include "api/control_fixture.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

struct log_world : control_world {
  void ask_without_token(int times) {
    fake_request request;
    request.path = "/control/agents";
    while (times-- > 0)
      CHECK(send(request).status == 401);
  }

  void register_with_wrong_token(int times) {
    while (times-- > 0) {
      auto out = connect();
      out.socket->peer_sends(register_frame("a", {{"auth_token", "wrong"}}));
      run();
      CHECK(out.socket->closed);
    }
  }
};

} // namespace

// 22 000 connections without a token wrote 3 MiB in 4 s.
TEST_CASE_FIXTURE(log_world, "lines about refusals have a quota, and the rest "
                             "is counted") {
  ask_without_token(30);
  register_with_wrong_token(25);
  auto left_out = context().log_lines->collect_all();
  REQUIRE(left_out.size() == 2);
  std::uint64_t requests = 0;
  std::uint64_t bridges = 0;
  for (const auto& x : left_out)
    (x.gate == "http" ? requests : bridges) += x.suppressed;
  CHECK(requests == 10);
  CHECK(bridges == 5);
}

TEST_CASE_FIXTURE(log_world, "what was left out is told of when the minute is "
                             "over") {
  ask_without_token(30);
  pass(66s);
  CHECK(context().log_lines->addresses() == 0);
  CHECK(context().log_lines->collect_all().empty());
}

TEST_CASE_FIXTURE(log_world, "all addresses together have a quota as well") {
  auto admitted = 0;
  for (auto i = 0; i < 300; ++i)
    if (may_log(*context().log_lines, "192.0.2." + std::to_string(i), "http",
                "x", now()))
      ++admitted;
  CHECK(admitted == 200);
}
