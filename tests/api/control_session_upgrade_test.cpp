#include "api/control_fixture.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

fake_request upgrade_to(const std::string& path) {
  fake_request out;
  out.path = path;
  out.upgrade = true;
  return out;
}

struct upgrading_world : control_world {
  std::shared_ptr<fake_websocket> upgrade(const std::string& path) {
    http->peer_asks(upgrade_to(path));
    run();
    if (http->websocket)
      watch(http->websocket);
    return http->websocket;
  }
};

} // namespace

TEST_CASE_FIXTURE(upgrading_world, "a bridge's upgrade makes an agent of the "
                                   "connection") {
  auto socket = upgrade("/ws/agent-bridge");
  REQUIRE(socket);
  aut = nullptr;
  CHECK(count("control-session") == 0);
  CHECK(count("agent") == 1);
  CHECK(context().ledger->unregistered() == 1);
  socket->peer_sends(register_frame("alpha"));
  run();
  CHECK(view("alpha").connected);
  CHECK(context().ledger->unregistered() == 0);
  CHECK(http->answers.empty());
}

TEST_CASE_FIXTURE(upgrading_world, "first frames of bridges share a budget") {
  REQUIRE(upgrade("/ws/agent-bridge"));
  CHECK(http->websocket_options.budget == context().first_frames);
  CHECK(http->websocket_options.max_frame == max_registration_frame);
}

TEST_CASE_FIXTURE(upgrading_world, "programs' frames take nothing from the "
                                   "budget of first frames") {
  REQUIRE(upgrade("/ws/control?token=" + test_token));
  CHECK(http->websocket_options.budget == nullptr);
}

TEST_CASE_FIXTURE(upgrading_world, "a bridge needs no token to upgrade: it "
                                   "brings it in its first frame") {
  CHECK(upgrade("/ws/agent-bridge?whatever=1"));
}

TEST_CASE_FIXTURE(upgrading_world, "a program's upgrade makes a control "
                                   "channel of the connection") {
  auto socket = upgrade("/ws/control?token=" + test_token);
  REQUIRE(socket);
  aut = nullptr;
  CHECK(count("control-session") == 0);
  CHECK(count("control-channel") == 1);
  socket->peer_sends(R"({"type":"agents","id":"1"})");
  run();
  CHECK(socket->sent.size() == 1);
}

TEST_CASE_FIXTURE(upgrading_world, "a stranger's frames may be as long as it "
                                   "takes to register, and no longer") {
  auto socket = upgrade("/ws/agent-bridge");
  REQUIRE(socket);
  CHECK(socket->max_frame == max_registration_frame);
  socket->peer_sends(register_frame("alpha"));
  run();
  CHECK(socket->max_frame == 16 * mebibyte);
}

// Contract section 1: a close before `registered` would stop a stock bridge for
// good, so temporary refusals come at the upgrade.

TEST_CASE_FIXTURE(upgrading_world, "at the daemon's end upgrades get 503 and "
                                   "when to come again") {
  context().draining = true;
  for (auto path : {"/ws/agent-bridge", "/ws/control?token=open-sesame"}) {
    auto answer = send(upgrade_to(path));
    CHECK(answer.status == 503);
    CHECK(header_of(answer, "retry-after") == "1");
  }
  CHECK(http->websocket == nullptr);
}

// Contract section 6, number 4.
TEST_CASE_FIXTURE(upgrading_world, "too many unregistered bridges get 503") {
  net::connection_limits limits;
  limits.unregistered_per_ip = 1;
  context().ledger = std::make_shared<net::connection_ledger>(limits);
  auto first = context().ledger->try_enter("192.0.2.1");
  auto answer = send(upgrade_to("/ws/agent-bridge"));
  CHECK(answer.status == 503);
  CHECK(detail_of(answer) == "Too many connections");
  CHECK(header_of(answer, "retry-after") == "1");
  SUBCASE("until one of them is gone") {
    first.reset();
  }
  SUBCASE("but not from elsewhere") {
    auto request = upgrade_to("/ws/agent-bridge");
    request.ip = "192.0.2.2";
    http->peer_asks(request);
    run();
    CHECK(http->websocket);
    return;
  }
  CHECK(upgrade("/ws/agent-bridge"));
}

TEST_CASE_FIXTURE(upgrading_world, "only the two sockets can be upgraded to") {
  auto request = upgrade_to("/control/agents?token=" + test_token);
  CHECK(send(request).status == 200);
  CHECK(send(upgrade_to("/ws/other")).status == 404);
  request = upgrade_to("/ws/agent-bridge");
  request.verb = "POST";
  CHECK(send(request).status == 405);
  CHECK(http->websocket == nullptr);
}
