#include "net/write_turns.hpp"
#include "support/stepped_clock.hpp"

#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <functional>

using bridgekeeper::net::write_turns;

namespace asio = boost::asio;

namespace {

struct test_writer : write_turns::writer {
  int writes = 0;
  std::function<void()> on_write = [] {};

  void write_now() override {
    ++writes;
    on_write();
  }
};

struct loop {
  asio::io_context context;
  bridgekeeper::test::stepped_clock clock;
  write_turns& queue =
      asio::make_service<write_turns>(context, clock.function());

  std::shared_ptr<test_writer> put_off() {
    auto x = std::make_shared<test_writer>();
    queue.put_off(x);
    return x;
  }
};

} // namespace

TEST_CASE_FIXTURE(loop, "who is alone with something to write does so in the "
                        "next turn") {
  auto x = put_off();
  CHECK(x->writes == 0);
  CHECK(context.run_one() == 1);
  CHECK(x->writes == 1);
  CHECK(context.poll() == 0);
  CHECK(x.use_count() == 1);
}

TEST_CASE_FIXTURE(loop, "several wait for some turns, and write in one") {
  auto x = put_off();
  auto y = put_off();
  auto turns = 0;
  y->on_write = [&] { CHECK(x->writes == 1); };
  while (y->writes == 0 && context.run_one() == 1)
    ++turns;
  CHECK(turns > 1);
  CHECK(turns <= write_turns::most_turns);
  CHECK(x->writes == 1);
  CHECK(context.poll() == 0);
}

TEST_CASE_FIXTURE(loop, "where turns are long nobody waits for many") {
  auto x = put_off();
  auto y = put_off();
  context.poll_one();
  CHECK(y->writes == 0);
  clock.advance(write_turns::longest_wait);
  context.poll_one();
  CHECK(x->writes == 1);
  CHECK(y->writes == 1);
}

TEST_CASE_FIXTURE(loop, "what is put off during a turn is written in another") {
  auto x = put_off();
  auto again = false;
  x->on_write = [&] {
    if (!std::exchange(again, true))
      queue.put_off(x);
    CHECK(x->writes <= 2);
  };
  context.run();
  CHECK(x->writes == 2);
}

TEST_CASE("who still waits at the end of the loop is let go of") {
  std::weak_ptr<test_writer> x;
  {
    loop ending;
    x = ending.put_off();
    CHECK_FALSE(x.expired());
  }
  CHECK(x.expired());
}
