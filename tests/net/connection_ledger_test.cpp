#include "net/connection_ledger.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>
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
  auto second = ledger->try_connect("");
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
