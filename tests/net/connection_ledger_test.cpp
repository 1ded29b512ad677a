#include "net/connection_ledger.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

using bridgekeeper::net::connection_ledger;
using bridgekeeper::net::connection_limits;

namespace {

std::shared_ptr<connection_ledger> with_limits(connection_limits limits) {
  return std::make_shared<connection_ledger>(limits);
}

} // namespace

TEST_CASE("sockets are let in up to the limit") {
  auto ledger = with_limits({.total = 2});
  auto first = ledger->try_connect("10.0.0.1");
  auto second = ledger->try_connect("10.0.0.1");
  CHECK(first != nullptr);
  CHECK(second != nullptr);
  CHECK(ledger->try_connect("10.0.0.1") == nullptr);
  CHECK(ledger->total() == 2);
}

TEST_CASE("a place is free again when its holder lets go of it") {
  auto ledger = with_limits({.total = 1});
  auto place = ledger->try_connect("10.0.0.1");
  place.reset();
  CHECK(ledger->total() == 0);
  CHECK(ledger->try_connect("10.0.0.1") != nullptr);
}

TEST_CASE("sockets are counted by address, too") {
  auto ledger = with_limits({.total = 9, .per_ip = 2});
  auto first = ledger->try_connect("10.0.0.1");
  auto second = ledger->try_connect("10.0.0.1");
  CHECK(ledger->try_connect("10.0.0.1") == nullptr);
  auto other = ledger->try_connect("10.0.0.2");
  CHECK(other != nullptr);
  CHECK(ledger->total() == 3);
  first.reset();
  CHECK(ledger->try_connect("10.0.0.1") != nullptr);
}

TEST_CASE("sockets of no address count in all alone") {
  auto ledger = with_limits({.total = 3, .per_ip = 1});
  auto first = ledger->try_connect("");
  auto second = ledger->try_connect("10.0.0.1", true);
  CHECK(second != nullptr);
  CHECK(ledger->total() == 2);
  second.reset();
  CHECK(ledger->total() == 1);
}

TEST_CASE("a limit by address of 0 is none") {
  auto ledger = with_limits({.total = 9, .per_ip = 0});
  auto first = ledger->try_connect("10.0.0.1");
  CHECK(ledger->try_connect("10.0.0.1") != nullptr);
}

TEST_CASE("bridges that have not registered are counted in all") {
  auto ledger = with_limits({.unregistered = 2, .unregistered_per_ip = 9});
  auto first = ledger->try_enter("10.0.0.1");
  auto second = ledger->try_enter("10.0.0.2");
  CHECK(ledger->unregistered() == 2);
  CHECK(ledger->try_enter("10.0.0.3") == nullptr);
  first.reset();
  CHECK(ledger->try_enter("10.0.0.3") != nullptr);
}

TEST_CASE("bridges that have not registered are counted by address") {
  auto ledger = with_limits({.unregistered = 9, .unregistered_per_ip = 1});
  auto first = ledger->try_enter("10.0.0.1");
  CHECK(ledger->try_enter("10.0.0.1") == nullptr);
  auto other = ledger->try_enter("10.0.0.2");
  CHECK(other != nullptr);
  first.reset();
  CHECK(ledger->try_enter("10.0.0.1") != nullptr);
}

TEST_CASE("a refused connection is not counted") {
  auto ledger =
      with_limits({.total = 1, .unregistered = 1, .unregistered_per_ip = 1});
  auto socket = ledger->try_connect("10.0.0.1");
  auto bridge = ledger->try_enter("10.0.0.1");
  for (auto i = 0; i < 10; ++i) {
    CHECK(ledger->try_connect("10.0.0.1") == nullptr);
    CHECK(ledger->try_enter("10.0.0.1") == nullptr);
    CHECK(ledger->try_enter("10.0.0.2") == nullptr);
  }
  CHECK(ledger->total() == 1);
  CHECK(ledger->unregistered() == 1);
}

TEST_CASE("sockets and unregistered bridges have limits of their own") {
  auto ledger =
      with_limits({.total = 0, .unregistered = 1, .unregistered_per_ip = 1});
  CHECK(ledger->try_connect("10.0.0.1") == nullptr);
  auto bridge = ledger->try_enter("10.0.0.1");
  CHECK(bridge != nullptr);
  CHECK(ledger->total() == 0);
}

TEST_CASE("a place may outlive everybody else who knows the ledger") {
  auto ledger = with_limits({});
  std::weak_ptr<connection_ledger> watched = ledger;
  auto place = ledger->try_enter("10.0.0.1");
  ledger.reset();
  CHECK_FALSE(watched.expired());
  place.reset();
  CHECK(watched.expired());
}

TEST_CASE("threads that come and go leave nothing in the ledger") {
  auto ledger =
      with_limits({.total = 3, .unregistered = 3, .unregistered_per_ip = 2});
  std::vector<std::jthread> threads;
  for (auto i = 0; i < 4; ++i)
    threads.emplace_back([&ledger, ip = "10.0.0." + std::to_string(i % 2)] {
      for (auto round = 0; round < 5000; ++round) {
        auto socket = ledger->try_connect("10.0.0.1");
        auto bridge = ledger->try_enter(ip);
      }
    });
  threads.clear();
  CHECK(ledger->total() == 0);
  CHECK(ledger->unregistered() == 0);
}

TEST_CASE("the addresses of one IPv6 network share their places") {
  auto ledger = with_limits({.per_ip = 1, .unregistered_per_ip = 1});
  auto connected = ledger->try_connect("2001:db8::1");
  CHECK(ledger->try_connect("2001:db8::2") == nullptr);
  CHECK(ledger->try_connect("2001:db8:0:1::1") != nullptr);
  auto entered = ledger->try_enter("2001:db8::1");
  CHECK(ledger->try_enter("2001:db8::2") == nullptr);
  CHECK(ledger->try_enter("2001:db8:0:1::1") != nullptr);
}

// 256 sockets of a web page left no place for the bridges of its machine.
TEST_CASE("web pages of other sites have places of their own") {
  auto ledger = with_limits({.unregistered = 2,
                             .unregistered_per_ip = 2,
                             .foreign_pages = 3,
                             .foreign_pages_per_ip = 2});
  auto first = ledger->try_enter("10.0.0.1", true);
  auto second = ledger->try_enter("10.0.0.1", true);
  CHECK(ledger->try_enter("10.0.0.1", true) == nullptr);
  auto third = ledger->try_enter("10.0.0.2", true);
  CHECK(ledger->try_enter("10.0.0.3", true) == nullptr);
  CHECK(ledger->unregistered() == 0);
  auto bridge = ledger->try_enter("10.0.0.1");
  CHECK(bridge != nullptr);
  first.reset();
  CHECK(ledger->try_enter("10.0.0.1", true) != nullptr);
}

// -- making room --------------------------------------------------------------

namespace {

/// Connections whose other ends can be looked at, on a clock that is stepped.
struct room_world {
  std::shared_ptr<connection_ledger> with(connection_limits limits) {
    return std::make_shared<connection_ledger>(limits, [this] { return now; });
  }

  /// A connection of somebody who has not sent a token.
  struct stranger {
    explicit stranger(connection_ledger::place_ptr counted)
      : place(std::move(counted)) {
      REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets.data()) == 0);
      place->may_be_cut(sockets[0]);
    }

    ~stranger() {
      place.reset();
      for (auto x : sockets)
        ::close(x);
    }

    stranger(const stranger&) = delete;
    stranger& operator=(const stranger&) = delete;

    [[nodiscard]] bool is_cut() const {
      char byte = 0;
      return ::recv(sockets[1], &byte, 1, MSG_DONTWAIT) == 0;
    }

    std::array<int, 2> sockets{};
    connection_ledger::place_ptr place;
  };

  connection_ledger::time_point now{std::chrono::hours{1}};
};

} // namespace

// Four addresses without a token took all places.
TEST_CASE_FIXTURE(room_world,
                  "an address with many connections without a token "
                  "makes room for others, its oldest first") {
  auto ledger = with({.total = 3, .per_ip = 9});
  stranger first{ledger->try_connect("10.0.0.1")};
  stranger second{ledger->try_connect("10.0.0.1")};
  stranger third{ledger->try_connect("10.0.0.1")};
  auto other = ledger->try_connect("10.0.0.2");
  CHECK(other != nullptr);
  CHECK(first.is_cut());
  CHECK_FALSE(second.is_cut());
  CHECK(ledger->total() == 3);
  CHECK(ledger->cut() == 1);
  // A place that was cut is not given back a second time.
  first.place.reset();
  CHECK(ledger->total() == 3);
}

TEST_CASE_FIXTURE(room_world, "a connection without a token makes room for the "
                              "same address once it has had its time") {
  auto ledger = with({.total = 9, .per_ip = 1});
  stranger silent{ledger->try_connect("10.0.0.1")};
  now += std::chrono::milliseconds{2'999};
  CHECK(ledger->try_connect("10.0.0.1") == nullptr);
  now += std::chrono::milliseconds{1};
  CHECK(ledger->try_connect("10.0.0.1") != nullptr);
  CHECK(silent.is_cut());
}

TEST_CASE_FIXTURE(room_world, "a connection with a good token stays") {
  auto ledger = with({.total = 1, .per_ip = 9});
  stranger known{ledger->try_connect("10.0.0.1")};
  known.place->keep();
  now += std::chrono::hours{1};
  CHECK(ledger->try_connect("10.0.0.2") == nullptr);
  CHECK_FALSE(known.is_cut());
}

TEST_CASE_FIXTURE(room_world, "a bridge that does not register makes room for "
                              "one of another address") {
  auto ledger = with({.total = 9, .unregistered = 2, .unregistered_per_ip = 2});
  stranger first{ledger->try_connect("10.0.0.1")};
  stranger second{ledger->try_connect("10.0.0.1")};
  auto first_entered = ledger->try_enter("10.0.0.1");
  first_entered->may_be_cut_with(*first.place);
  auto second_entered = ledger->try_enter("10.0.0.1");
  second_entered->may_be_cut_with(*second.place);
  CHECK(ledger->try_enter("10.0.0.1") == nullptr);
  auto other = ledger->try_enter("10.0.0.2");
  CHECK(other != nullptr);
  CHECK(first.is_cut());
  CHECK_FALSE(second.is_cut());
  SUBCASE("unless its connection has gone already") {
    second.place.reset();
    auto another = ledger->try_enter("10.0.0.3");
    CHECK(another == nullptr);
    now += std::chrono::seconds{3};
    CHECK(ledger->try_enter("10.0.0.3") != nullptr);
    CHECK_FALSE(second.is_cut());
  }
}
