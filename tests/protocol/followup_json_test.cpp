#include "protocol/followup_json.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;

namespace {

std::string context_with(const char* own) {
  return followup_context(message_id{"m-1"}, json_object{own}).str();
}

} // namespace

TEST_CASE(
    "the context of a follow-up names the earlier dispatch, then what the "
    "client adds") {
  CHECK(context_with("{}") == R"({"is_followup":true,"followup_to":"m-1"})");
  CHECK(context_with(R"({"n":12345678901234567890123})")
        == R"({"is_followup":true,"followup_to":"m-1",)"
           R"("n":12345678901234567890123})");
}

TEST_CASE("the context of a follow-up is never contradicted by the client") {
  CHECK(context_with(R"({"followup_to":"other","a":{"is_followup":1}})")
        == R"({"is_followup":true,"followup_to":"m-1",)"
           R"("a":{"is_followup":1}})");
  CHECK(context_with(R"({"is_followup":false})")
        == R"({"is_followup":true,"followup_to":"m-1"})");
}
