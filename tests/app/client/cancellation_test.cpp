#include "app/client/cancellation.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

cancellation explained(const net::http_reply& x) {
  return explain_cancel({x.status, x.text, explain_loss(x, "h:1")}, "h:1",
                        "m-1");
}

} // namespace

TEST_CASE("a cancelled dispatch is named with its agent") {
  auto x = explained({200, R"({"message_id":"m-1","agent_id":"shop-1",)"
                           R"("status":"error","reason":"cancelled"})"});
  CHECK(x.code == exit_code::ok);
  CHECK(x.sentence == "Dispatch m-1 to agent shop-1 was cancelled.");
  auto unassigned = explain_cancel(
      {200, R"({"message_id":"m-1","agent_id":null,"status":"error"})", {}},
      "localhost:8000", "m-1");
  CHECK(unassigned.sentence == "Dispatch m-1 was cancelled.");
}

TEST_CASE("a dispatch that has already ended says how") {
  auto x = explained({409, R"({"message_id":"m-1","agent_id":"shop-1",)"
                           R"("status":"completed","detail":"x"})"});
  CHECK(x.code == exit_code::dispatch_error);
  CHECK(x.sentence
        == "Dispatch m-1 has already ended: completed. See: bridgekeeper "
           "result m-1");
  x = explained({409, R"({"message_id":"m-1","status":"error",)"
                      R"("state":"timed_out","reason":"timeout"})"});
  CHECK(x.sentence.find("ended: timed_out (timeout).") != std::string::npos);
}

TEST_CASE("a daemon that did not cancel says why") {
  auto x = explained({503, R"({"detail":"The disk is full"})"});
  CHECK(x.code == exit_code::failure);
  CHECK(x.sentence == "The daemon at h:1 refused: The disk is full.");
  CHECK(explained({0, "Connection refused"}).code == exit_code::unreachable);
  x = explained({403, R"({"detail":"needs the scope control"})"});
  CHECK(x.code == exit_code::unauthenticated);
  x = explained({405, R"({"detail":"Method Not Allowed"})"});
  CHECK(x.sentence
        == "The daemon at h:1 responded with HTTP 405 to POST "
           "/control/dispatches/m-1/cancel. It may be an older version, or "
           "another program.");
}

TEST_CASE("only a clear yes cancels") {
  for (auto yes : {"y", "Y", "yes", " yes \r"})
    CHECK(is_yes(yes));
  for (auto no : {"", " ", "n", "no", "yn", "\x1b"})
    CHECK_FALSE(is_yes(no));
}
