#include "api/channel_fixture.hpp"
#include "domain/access/scoped_world.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::test;

namespace {

token_grant panel() {
  return scoped("panel", {token_scope::control});
}

struct panel_world : channel_world {
  panel_world() : channel_world(1, panel()) {}

  void check_closed() {
    REQUIRE(socket->closed);
    CHECK(socket->closed->code == 4005);
    CHECK(socket->closed->text == "Authentication failed: invalid token");
    aut = nullptr;
    CHECK(count("control-channel") == 0);
  }
};

} // namespace

TEST_CASE_FIXTURE(panel_world, "a control channel stands while its token "
                               "does") {
  CHECK(state_of<control_channel_state>(aut).who->label == "panel");
  set_tokens(*this, {scoped("other", {token_scope::bridge}), panel()});
  CHECK_FALSE(socket->closed);
}

TEST_CASE_FIXTURE(panel_world, "a control channel whose token is revoked is "
                               "closed 4005") {
  set_tokens(*this, {scoped("other", {token_scope::control})});
  check_closed();
}

TEST_CASE_FIXTURE(panel_world, "a control channel whose token may only read by "
                               "now is closed 4005") {
  set_tokens(*this, {scoped("panel", {token_scope::read})});
  check_closed();
}

TEST_CASE_FIXTURE(channel_world, "a control channel of a plain token stands "
                                 "when that goes") {
  replace_tokens(context(), std::make_shared<const token_table>());
  run();
  CHECK_FALSE(socket->closed);
}
