#include "domain/slow_handlers.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper;

namespace {

slow_handler numbered(int number, std::optional<std::size_t> thread) {
  slow_handler out;
  out.message = std::to_string(number);
  out.thread = thread;
  out.at = timestamp{} + std::chrono::seconds{number};
  return out;
}

} // namespace

TEST_CASE("slow handlers are listed from the newest to the oldest, whatever "
          "their thread") {
  slow_handlers aut;
  CHECK(aut.rows().empty());
  aut.note(numbered(1, 0));
  aut.note(numbered(2, std::nullopt));
  aut.note(numbered(3, 1));
  std::string order;
  for (const auto& x : aut.rows())
    order += x.message;
  CHECK(order == "321");
  CHECK(aut.total() == 3);
}

TEST_CASE("a thread with many slow handlers displaces only its own") {
  slow_handlers aut;
  aut.note(numbered(0, 1));
  for (int i = 1; i <= 1000; ++i)
    aut.note(numbered(i, 0));
  auto rows = aut.rows();
  CHECK(rows.size() == slow_handlers::per_thread + 1);
  CHECK(rows.front().message == "1000");
  CHECK(rows.back().message == "0");
  CHECK(aut.total() == 1001);
}
