#include "app/daemon/descriptor_limit.hpp"

#include <doctest/doctest.h>

#include <sys/resource.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

TEST_CASE("the soft limit of file descriptors is raised to the hard one") {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  auto low = before;
  low.rlim_cur = 256;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &low) == 0);
  make_room_for(1);
  rlimit after{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &after) == 0);
  CHECK(after.rlim_cur == before.rlim_max);
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST_CASE("a limit that is too low for the connections is complained about") {
  CHECK(complaint_about_limit(20'000, 16'384).empty());
  CHECK(complaint_about_limit(200, 100).empty());
  CHECK_FALSE(complaint_about_limit(199, 100).empty());
  CHECK_FALSE(complaint_about_limit(10, 1).empty());
  auto text = complaint_about_limit(1024, 16'384);
  CHECK(text.find("server.max_connections is 16384") != std::string::npos);
  CHECK(text.find("only 1024 file descriptors") != std::string::npos);
}
