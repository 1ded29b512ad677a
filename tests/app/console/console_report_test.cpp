#include "app/console/console_report.hpp"
#include "app/console/heap_report.hpp"
#include "support/has.hpp"

#include <doctest/doctest.h>

#include <regex>

using bridgekeeper::test::has;
using namespace bridgekeeper;
using namespace bridgekeeper::console;

namespace {

actor_row actor(std::uint64_t id, const std::string& name, std::size_t waiting,
                const std::string& subject = {}) {
  actor_row out;
  out.id = id;
  out.name = name;
  out.subject = subject;
  out.thread = 0;
  out.mailbox_depth = waiting;
  return out;
}

} // namespace

TEST_CASE("mailboxes lists the core actors, then the fullest of the others") {
  auto text =
      mailboxes_text({actor(1, "registry", 0), actor(2, "agent", 3, "a"),
                      actor(3, "agent", 0, "b"), actor(4, "agent", 70, "c")});
  CHECK(has(text, "registry  -   1   io-0    0\n"
                  "agent     c   4   io-0    70\n"
                  "agent     a   2   io-0    3\n"
                  "73 messages wait for 4 actors"));
}

TEST_CASE("mailboxes lists no more than a screen of them") {
  std::vector<actor_row> actors;
  for (std::uint64_t i = 0; i < 100; ++i)
    actors.push_back(actor(i, "agent", 1 + i));
  auto text = mailboxes_text(actors);
  CHECK(has(text, " 100\n"));
  CHECK_FALSE(has(text, " 80\n"));
  CHECK(has(text, "80 more actors have messages waiting\n"));
}

TEST_CASE("slow handlers are listed with what they handled") {
  CHECK(slow_text({}, 0) == "no handler has taken 1 ms or longer\n");
  slow_handler x{"agent",
                 7,
                 "shop-1",
                 1,
                 "frame",
                 std::chrono::microseconds{2340},
                 timestamp{} + std::chrono::milliseconds{45'296'789}};
  auto text = slow_text({x}, 12);
  CHECK(has(text, "1970-01-01T12:34:56.789  2.3 ms  io-1    agent  shop-1  7"));
  CHECK(has(text, "frame\nthe newest 1 of 12 since the start\n"));
}

TEST_CASE("heap shows what malloc has, and what is limited") {
  auto text = heap_text({{"letters", 17, 100}, {"parcels", std::nullopt, {}}});
  CHECK(has(text, "resident, all of the process"));
  CHECK(has(text, "malloc: memory from the kernel"));
  CHECK(std::regex_search(text, std::regex{R"(\nletters +17 +100\nparcels)"}));
  CHECK(has(text, "no answer"));
}
