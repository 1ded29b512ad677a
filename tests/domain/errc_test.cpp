#include "domain/errc.hpp"
#include "domain/limits.hpp"
#include "domain/result.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

using namespace bridgekeeper;

namespace {

/// Every enumerator once. No default: the compiler points at one that is
/// missing here.
constexpr bool is_enumerator(errc x) {
  switch (x) {
  case errc::missing_token:
  case errc::invalid_token:
  case errc::auth_not_configured:
  case errc::too_many_connections:
  case errc::missing_scope:
  case errc::too_many_attempts:
  case errc::invalid_json:
  case errc::invalid_message:
  case errc::not_registered:
  case errc::invalid_agent_id:
  case errc::empty_content:
  case errc::content_too_long:
  case errc::too_large:
  case errc::binary_frame:
  case errc::request_timeout:
  case errc::bad_request:
  case errc::header_too_large:
  case errc::agent_still_connected:
  case errc::unknown_route:
  case errc::method_not_allowed:
  case errc::unknown_agent:
  case errc::agent_not_connected:
  case errc::unknown_dispatch:
  case errc::too_many_pending:
  case errc::unknown_session:
  case errc::no_task:
  case errc::blank_registration:
  case errc::bad_upgrade:
  case errc::rate_limited:
  case errc::cost_limit:
  case errc::timeout:
  case errc::agent_lost:
  case errc::replaced:
  case errc::registered_again:
  case errc::cancelled:
  case errc::heartbeat_timeout:
  case errc::evicted:
  case errc::task_failed:
  case errc::token_revoked:
  case errc::agent_id_in_use:
  case errc::forged_result:
  case errc::unknown_message:
  case errc::unreadable_response:
  case errc::overflow:
  case errc::bridge_behind:
  case errc::draining:
  case errc::drained:
  case errc::unavailable:
  case errc::internal:
  case errc::peer_closed:
  case errc::stalled:
  case errc::output_budget:
  case errc::too_many_answers:
  case errc::answers_full:
  case errc::already_subscribed:
  case errc::already_ended:
  case errc::not_ended:
  case errc::idempotency_conflict:
  case errc::store_full:
  case errc::store_unknown:
  case errc::store_busy:
  case errc::store_corrupt:
  case errc::store_read_only:
  case errc::store_newer:
    return true;
  }
  return false;
}

struct contract_text {
  errc code;
  std::string_view sentence;
  unsigned http_status;
};

// Contract sections 2 and 3, byte for byte.
constexpr std::array http_texts{
    contract_text{errc::missing_token, "Missing authentication token", 401},
    contract_text{errc::invalid_token, "Invalid authentication token", 401},
    contract_text{errc::auth_not_configured,
                  "Authentication not configured. Set VIBEFORGE_AUTH_TOKEN or "
                  "VIBEFORGE_AUTH_TOKENS.",
                  500},
    contract_text{errc::unknown_route, "Not Found", 404},
    contract_text{errc::method_not_allowed, "Method Not Allowed", 405},
    contract_text{errc::invalid_agent_id,
                  "Invalid agent_id format. Use alphanumeric characters and "
                  "hyphens only.",
                  400},
    contract_text{errc::empty_content, "content must not be empty", 400},
    contract_text{errc::content_too_long, "content must be <= 10000 characters",
                  400},
    contract_text{errc::unknown_agent, "Agent not found", 404},
    contract_text{errc::agent_not_connected, "Agent is not connected", 409},
    contract_text{errc::rate_limited, "Rate limit exceeded", 429},
    contract_text{errc::cost_limit, "Cost limit exceeded", 402},
};

/// Codes a close frame may carry (RFC 6455, 7.4, and IANA's registry).
bool may_be_sent(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014)
         || (code >= 3000 && code <= 4999);
}

} // namespace

TEST_CASE("every reason has its row and every row its reason") {
  for (auto number = 0; number <= 255; ++number) {
    CAPTURE(number);
    auto code = static_cast<errc>(number);
    auto found = to_errc(static_cast<std::uint8_t>(number));
    CHECK(found.has_value() == is_enumerator(code));
    if (found) {
      CHECK(*found == code);
      CHECK(describe(code).code == code);
    }
  }
}

TEST_CASE("numbers and tokens of reasons are unique and in order") {
  auto rows = all_reasons();
  std::set<std::string_view> tokens;
  for (const auto& row : rows)
    tokens.insert(row.token);
  CHECK(tokens.size() == rows.size());
  CHECK(std::adjacent_find(
            rows.begin(), rows.end(),
            [](const auto& x, const auto& y) { return x.code >= y.code; })
        == rows.end());
}

TEST_CASE("tokens are made of lower-case letters and underscores") {
  for (const auto& row : all_reasons()) {
    CAPTURE(row.token);
    CHECK_FALSE(row.token.empty());
    CHECK(row.token.find_first_not_of("abcdefghijklmnopqrstuvwxyz_")
          == std::string_view::npos);
  }
}

TEST_CASE("a reason can be answered over HTTP and over a WebSocket") {
  for (const auto& row : all_reasons()) {
    CAPTURE(row.token);
    CHECK(row.http_status >= 400);
    CHECK(row.http_status < 600);
    CHECK(may_be_sent(row.close_code));
    CHECK_FALSE(row.sentence.empty());
    // Else the close frame would carry a cut sentence.
    CHECK(row.sentence.size() <= max_close_reason);
  }
}

TEST_CASE("sentences and statuses of HTTP refusals are the contract's") {
  for (const auto& row : http_texts) {
    CHECK(sentence(row.code) == row.sentence);
    CHECK(describe(row.code).http_status == row.http_status);
  }
}

TEST_CASE("close codes of the bridge protocol are the contract's") {
  auto close_code = [](errc x) { return describe(x).close_code; };
  CHECK(close_code(errc::not_registered) == 4001);
  CHECK(sentence(errc::not_registered) == "First message must be register");
  CHECK(close_code(errc::replaced) == 4002);
  CHECK(sentence(errc::replaced) == "Replaced by new connection");
  CHECK(close_code(errc::agent_id_in_use) == 4002);
  CHECK(sentence(errc::agent_id_in_use) == "Another bridge uses this agent id");
  CHECK(close_code(errc::heartbeat_timeout) == 4003);
  CHECK(sentence(errc::heartbeat_timeout) == "Heartbeat timeout");
  CHECK(close_code(errc::invalid_json) == 4004);
  CHECK(close_code(errc::invalid_message) == 4004);
  CHECK(close_code(errc::invalid_agent_id) == 4004);
  CHECK(close_code(errc::invalid_token) == 4005);
  CHECK(close_code(errc::auth_not_configured) == 4005);
  CHECK(close_code(errc::token_revoked) == 4005);
  CHECK(close_code(errc::too_large) == 1009);
  CHECK(close_code(errc::overflow) == 1013);
  CHECK(close_code(errc::draining) == 1001);
  CHECK(close_code(errc::drained) == 1001);
  CHECK(close_code(errc::registered_again) == 4006);
}

TEST_CASE("what is refused for now says that trying again helps") {
  for (const auto& row : all_reasons())
    if (row.http_status == 503 || row.close_code == 1013) {
      CAPTURE(row.token);
      CHECK(row.retry_helps);
    }
}

TEST_CASE("an unknown number is described as a defect of ours") {
  CHECK(describe(static_cast<errc>(255)).code == errc::internal);
  CHECK(token(static_cast<errc>(0)) == "internal");
}

TEST_CASE("a failure without detail reads as its sentence") {
  CHECK(to_string(failure{errc::agent_lost, {}}) == sentence(errc::agent_lost));
  CHECK(to_string(failure{errc::agent_lost, "gone"}) == "gone");
}

TEST_CASE("the value of a failed result throws what the failure says") {
  result<int> x = failure{errc::timeout, "too late"};
  CHECK_THROWS_WITH_AS(x.value(), "too late", std::runtime_error);
}
