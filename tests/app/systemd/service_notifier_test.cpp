#include "app/scratch_dir.hpp"
#include "app/systemd/receiver.hpp"
#include "app/systemd/service_notifier.hpp"

#include <doctest/doctest.h>

#include <regex>
#include <unistd.h>

using namespace bridgekeeper::app;
using namespace bridgekeeper::test;
using namespace std::chrono_literals;

namespace {

constexpr long process = 4711;
constexpr service_notifier::time_point start{100s};

/// An abstract name that no other run uses.
std::string own_name() {
  return "@bridgekeeper-test-" + std::to_string(::getpid());
}

service_notifier made(const std::string& address, environment_map more = {}) {
  more.emplace("NOTIFY_SOCKET", address);
  return {more, process};
}

} // namespace

TEST_CASE("the service manager is told of start, reload and stop") {
  datagram_receiver manager{own_name()};
  auto aut = made(own_name());
  REQUIRE(aut.is_on());
  aut.tell_ready();
  CHECK(manager.next() == "READY=1");
  aut.tell_reloading();
  CHECK(std::regex_match(manager.next(),
                         std::regex{"RELOADING=1\nMONOTONIC_USEC=[1-9]\\d*"}));
  aut.tell_stopping(65s);
  CHECK(manager.next() == "STOPPING=1");
  CHECK(manager.next() == "EXTEND_TIMEOUT_USEC=65000000");
  aut.tell_alive();
  CHECK(manager.next() == "WATCHDOG=1");
}

TEST_CASE("the service manager may listen on a path") {
  scratch_dir dir;
  auto path = (dir.path() / "notify").string();
  datagram_receiver manager{path};
  made(path).tell_ready();
  CHECK(manager.next() == "READY=1");
}

TEST_CASE("a status is told when it has changed, and not too often") {
  datagram_receiver manager{own_name()};
  auto aut = made(own_name());
  CHECK(aut.tell_status("1 agent", start));
  CHECK(manager.next() == "STATUS=1 agent");
  CHECK(aut.tell_status("1 agent", start + 5s));
  CHECK(aut.tell_status("2 agents", start + 5s));
  CHECK(manager.next() == "STATUS=2 agents");
  CHECK_FALSE(aut.tell_status("3 agents", start + 6s));
  CHECK(manager.next() == "nothing");
  CHECK(aut.tell_status("3 agents", start + 7s));
  CHECK(manager.next() == "STATUS=3 agents");
}

TEST_CASE("signs of life are due at half of what the watchdog allows") {
  auto interval = [](environment_map x) {
    return made(own_name(), std::move(x)).watchdog_interval();
  };
  CHECK(interval({{"WATCHDOG_USEC", "3000000"}}) == 1500ms);
  CHECK(interval({{"WATCHDOG_USEC", "3000000"}, {"WATCHDOG_PID", "4711"}})
        == 1500ms);
  // They were meant for another process.
  CHECK_FALSE(
      interval({{"WATCHDOG_USEC", "3000000"}, {"WATCHDOG_PID", "4712"}}));
  CHECK_FALSE(interval({}));
  for (auto text : {"", "0", "-5", "soon", "5s"})
    CHECK_FALSE(interval({{"WATCHDOG_USEC", text}}));
}

TEST_CASE("without a service manager, nothing is told and nothing fails") {
  for (auto address : {"", "@", "/", "relative", "vsock:2:1234",
                       "/no/such/socket/of/any/service/manager"}) {
    CAPTURE(address);
    auto aut = made(address, {{"WATCHDOG_USEC", "1000000"}});
    aut.tell_ready();
    aut.tell_alive();
    aut.tell_stopping(1s);
    CHECK(aut.tell_status("x", start));
  }
  CHECK_FALSE(service_notifier{}.is_on());
  CHECK_FALSE(made(std::string(200, '/')).is_on());
  CHECK_FALSE((
      service_notifier{{{"WATCHDOG_USEC", "5"}}, process}.watchdog_interval()));
}

TEST_CASE("a service manager that does not read holds nobody up for good") {
  datagram_receiver manager{own_name()};
  auto aut = made(own_name());
  // More than the queue of a Unix socket takes, in any default.
  for (auto i = 0; i < 12; ++i)
    aut.tell_alive();
  CHECK(manager.next() == "WATCHDOG=1");
}
