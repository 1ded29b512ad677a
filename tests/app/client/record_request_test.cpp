#include "app/client/record_request.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

missing_record missing(const net::http_reply& x) {
  auto found = read_record({x.status, x.text, explain_loss(x, "h:1")}, "h:1",
                           "5e8d\x1b");
  REQUIRE(std::holds_alternative<missing_record>(found));
  return std::get<missing_record>(found);
}

} // namespace

TEST_CASE("the path of a record escapes what has a meaning in a path") {
  CHECK(record_path("5e8d-1b64") == "/control/dispatches/5e8d-1b64");
  CHECK(record_path("../a?b%\xC3\xBC")
        == "/control/dispatches/..%2Fa%3Fb%25%C3%BC");
}

TEST_CASE("a record of a store has its state, late results and history") {
  auto found =
      read_record({200,
                   R"({"message_id":"m-1","agent_id":"a","status":"error",)"
                   R"("content":null,"error":"gone","reason":"agent_lost",)"
                   R"("state":"lost","attempt":2,"max_attempts":3,)"
                   R"("late":[{"attempt":2}],"history":[]})",
                   {}},
                  "h:1", "m-1");
  REQUIRE(std::holds_alternative<record_answer>(found));
  const auto& x = std::get<record_answer>(found);
  CHECK(x.finished());
  CHECK(x.state == "lost");
  CHECK(x.attempt == 2);
  CHECK(x.max_attempts == 3);
  CHECK(x.late == R"([{"attempt":2}])");
  CHECK(x.history == "[]");
}

TEST_CASE("a record without a store has no state") {
  auto found = read_record(
      {200, R"({"message_id":"m-1","status":"running"})", {}}, "h:1", "m-1");
  REQUIRE(std::holds_alternative<record_answer>(found));
  CHECK(std::get<record_answer>(found).state.empty());
  CHECK(std::get<record_answer>(found).history.empty());
}

TEST_CASE("an unknown dispatch is an error of the dispatch, with advice") {
  auto x = missing({404, R"({"detail":"Dispatch not found"})"});
  CHECK(x.code == exit_code::dispatch_error);
  CHECK(x.sentence.starts_with("Bridgekeeper has no result for dispatch "
                               "5e8d\ufffd: Dispatch not found "
                               "(unknown_dispatch). "));
  CHECK(x.sentence.ends_with("bridgekeeper dispatches"));
  x = missing({404, R"({"detail":"Several dispatches have such ids"})"});
  CHECK(x.code == exit_code::dispatch_error);
  CHECK(x.sentence.ends_with("Several dispatches have such ids "
                             "(unknown_dispatch). Give more characters of the "
                             "id."));
}

TEST_CASE("a daemon that has no record for now may be asked again") {
  auto x = missing({503, R"({"detail":"The store is busy"})"});
  CHECK(x.code == exit_code::failure);
  CHECK(x.retry_helps);
  CHECK(x.sentence == "The daemon at h:1 refused: The store is busy.");
  x = missing({502, "<html>"});
  CHECK_FALSE(x.retry_helps);
  CHECK(x.sentence.find("HTTP 502") != std::string::npos);
}

TEST_CASE("a request for a record needs the daemon and a token") {
  CHECK(missing({0, "Connection refused"}).code == exit_code::unreachable);
  CHECK(missing({401, "{}"}).code == exit_code::unauthenticated);
  auto x = missing({200, "<html>"});
  CHECK(x.code == exit_code::failure);
  CHECK(x.sentence.find("cannot be read") != std::string::npos);
}
