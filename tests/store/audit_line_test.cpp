#include "domain/sha256.hpp"
#include "store/audit/audit_line.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace bridgekeeper;
using namespace bridgekeeper::store;

namespace {

audit_entry full_entry() {
  audit_entry out;
  out.when = timestamp{std::chrono::microseconds{1}};
  out.event = "task_dispatched";
  out.agent = "alpha";
  out.ip = "192.0.2.7";
  out.session = "s-1";
  out.token = "ci";
  out.metadata = json_object{R"({"message_id":"m-1"})"};
  return out;
}

} // namespace

TEST_CASE("a line is one JSON object with the contract's fields") {
  auto line = render(full_entry(), chain_beginning());
  auto x = nlohmann::json::parse(line.text);
  CHECK(x["timestamp"] == "1970-01-01T00:00:00.000001+00:00");
  CHECK(x["event"] == "task_dispatched");
  CHECK(x["result"] == "success");
  CHECK(x["agent_id"] == "alpha");
  CHECK(x["ip"] == "192.0.2.7");
  CHECK(x["session_id"] == "s-1");
  CHECK(x["token"] == "ci");
  CHECK(x["metadata"]["message_id"] == "m-1");
  CHECK(x["prev"] == chain_beginning());
  CHECK(x["hash"] == line.hash);
  CHECK(x.size() == 10);
}

TEST_CASE("what there is nothing to say about is left out of a line") {
  audit_entry bare;
  bare.event = "auth_failure";
  bare.success = false;
  auto x = nlohmann::json::parse(render(bare, chain_beginning()).text);
  CHECK(x["result"] == "failure");
  CHECK(x.size() == 5);
}

TEST_CASE("the hash is that of the line without its last 75 bytes") {
  auto line = render(full_entry(), chain_beginning());
  CHECK(line.hash == sha256_hex(line.text.substr(0, line.text.size() - 75)));
}

TEST_CASE("hostile text stays within its string") {
  auto entry = full_entry();
  entry.agent = "a\"\n\\\x01\xFF"
                R"(","hash":"0)";
  auto line = render(entry, chain_beginning());
  CHECK(line.text.find('\n') == std::string::npos);
  auto x = nlohmann::json::parse(line.text);
  CHECK(x["agent_id"].get<std::string>().starts_with("a\"\n\\\x01"));
  CHECK(is_genuine(find_links(line.text).value()));
}

TEST_CASE("a line that somebody else ends like a line is not genuine") {
  auto line = render(full_entry(), chain_beginning()).text;
  auto links = find_links(line);
  REQUIRE(links);
  CHECK(is_genuine(*links));
  auto forged = line;
  forged[20] ^= 1;
  CHECK_FALSE(is_genuine(find_links(forged).value()));
}

TEST_CASE("what does not end as a line does has no links") {
  auto line = render(full_entry(), chain_beginning()).text;
  for (std::size_t i = 0; i < line.size(); ++i)
    CHECK_FALSE(find_links(line.substr(0, i)));
  CHECK_FALSE(find_links(line + " "));
}

TEST_CASE("only a resumption accounts for a torn piece, and only for its own") {
  auto entry = resumption_entry({}, 3, sha256_hex("abc"));
  auto line = render(entry, chain_beginning()).text;
  CHECK(accounts_for(line, "abc"));
  CHECK_FALSE(accounts_for(line, "abd"));
  auto other = full_entry();
  other.metadata = entry.metadata;
  CHECK_FALSE(accounts_for(render(other, chain_beginning()).text, "abc"));
  other.agent = R"("event":"audit_resumed",)";
  CHECK_FALSE(accounts_for(render(other, chain_beginning()).text, "abc"));
}
