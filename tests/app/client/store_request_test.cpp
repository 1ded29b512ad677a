#include "app/client/store_request.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

store_answer explained(const net::http_reply& reply) {
  return explain_store_reply(
      {reply.status, reply.text, explain_loss(reply, "h:1")}, "h:1",
      "/control/store/vacuum");
}

} // namespace

TEST_CASE("a daemon that has worked on its store leaves nothing to explain") {
  auto x = explained({200, R"({"status":"done"})"});
  CHECK(x.code == exit_code::ok);
  CHECK(x.sentence.empty());
}

TEST_CASE("a daemon that could not work on its store says why") {
  auto x = explained({503, R"({"detail":"The disk is full\u001b."})"});
  CHECK(x.code == exit_code::failure);
  CHECK(x.sentence
        == "The daemon at h:1 did not do it: The disk is full\ufffd.");
  x = explained({502, "<html>"});
  CHECK(x.code == exit_code::failure);
  CHECK(x.sentence
        == "The daemon at h:1 responded with HTTP 502 to POST "
           "/control/store/vacuum.");
}

TEST_CASE("a daemon without the route must be stopped") {
  for (auto status : {404U, 405U}) {
    auto x = explained({status, R"({"detail":"Not Found"})"});
    CHECK(x.code == exit_code::failure);
    CHECK(x.sentence
          == "The daemon at h:1 uses the store, and its version has no POST "
             "/control/store/vacuum. Stop the daemon and run the command "
             "again.");
  }
}

TEST_CASE("a daemon that does not know what it should erase says so") {
  auto x = explained(
      {404, R"({"detail":"Dispatch not found","code":"unknown_dispatch"})"});
  CHECK(x.code == exit_code::failure);
  CHECK(x.sentence
        == "The daemon at h:1 did not do it: Dispatch not found. List the "
           "dispatches with: bridgekeeper dispatches");
}

TEST_CASE("a request about the store needs the daemon and a token") {
  auto x = explained({0, "Connection refused"});
  CHECK(x.code == exit_code::unreachable);
  CHECK(x.sentence.starts_with("Cannot reach Bridgekeeper at h:1: connection "
                               "refused."));
  x = explained({0, "The certificate differs", true});
  CHECK(x.code == exit_code::unreachable);
  CHECK(x.sentence
        == "Bridgekeeper at h:1 is not trusted: The certificate differs.");
  for (auto status : {401U, 403U}) {
    x = explained({status, R"({"detail":"needs the scope admin"})"});
    CHECK(x.code == exit_code::unauthenticated);
    CHECK(x.sentence.find("needs the scope admin") != std::string::npos);
  }
}
