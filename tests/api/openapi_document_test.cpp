#include "api/control_fixture.hpp"
#include "api/openapi_document.hpp"
#include "api/routes.hpp"
#include "domain/dispatch_life.hpp"
#include "domain/errc.hpp"
#include "domain/failure_class.hpp"
#include "domain/messages.hpp"
#include "domain/version.hpp"
#include "protocol/control_codec.hpp"

#include <boost/algorithm/string/case_conv.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::api;
using namespace bridgekeeper::test;

namespace {

const json& document() {
  static const auto out = parsed(make_openapi_document(openapi_sources()));
  return out;
}

const json& schemas() {
  return document().at("components").at("schemas");
}

/// `/control/agents/*` for `/control/agents/{agent_id}`.
std::string pattern_of(const std::string& path) {
  return std::regex_replace(path, std::regex{R"(\{[^}]*\})"}, "*");
}

/// "GET /control/agents/*"
std::string name_of(std::string_view method, const std::string& path) {
  return boost::algorithm::to_upper_copy(std::string{method}) + ' '
         + pattern_of(path);
}

bool is_method(const std::string& key) {
  return key != "parameters";
}

/// Calls `visit(name, operation)` for each operation in `paths`.
void for_each_operation(
    const json& paths,
    const std::function<void(const std::string&, const json&)>& visit) {
  for (const auto& [path, item] : paths.items())
    for (const auto& [key, value] : item.items())
      if (is_method(key))
        visit(name_of(key, path), value);
}

std::set<std::string> operations_in(const json& paths) {
  std::set<std::string> out;
  for_each_operation(paths, [&out](const std::string& name, const json&) {
    out.insert(name);
  });
  return out;
}

const json& operation_of(const route_row& row) {
  static const json none;
  auto wanted = name_of(row.method, std::string{row.path.text()});
  for (const auto& [path, item] : document().at("paths").items())
    for (const auto& [key, value] : item.items())
      if (is_method(key) && name_of(key, path) == wanted)
        return value;
  return none;
}

/// What a reference leads to, or the part of the document itself.
const json& resolved(const json& part) {
  auto found = part.find("$ref");
  if (found == part.end())
    return part;
  return document().at(json::json_pointer{found->get<std::string>().substr(1)});
}

void for_each_object(const json& x,
                     const std::function<void(const json&)>& visit) {
  if (x.is_object())
    visit(x);
  for (const auto& part : x)
    if (part.is_structured())
      for_each_object(part, visit);
}

/// The sources and one more, with this text.
std::vector<embedded_text> sources_with(std::string_view text) {
  auto all = openapi_sources();
  std::vector<embedded_text> out{all.begin(), all.end()};
  out.push_back({"last.json", text});
  return out;
}

template <class... Ts>
std::set<std::string> types_of() {
  return {std::string{Ts::type}...};
}

std::set<std::string> keys_of(const json& x) {
  std::set<std::string> out;
  for (const auto& [key, value] : x.items())
    out.insert(key);
  return out;
}

} // namespace

TEST_CASE("every route is in the document, with its scope") {
  for (const auto& row : all_routes()) {
    CAPTURE(row.method);
    CAPTURE(row.path.text());
    const auto& operation = operation_of(row);
    REQUIRE(operation.is_object());
    const auto& security = operation.at("security");
    CHECK(security.size() == (row.scope ? 3 : 0));
    for (const auto& way : security)
      CHECK(way.begin().value() == json{to_string(*row.scope)});
  }
}

TEST_CASE("the files describe no operation without a route") {
  std::set<std::string> described;
  for (const auto& source : openapi_sources())
    for (const auto& name : operations_in(
             parsed(std::string{source.text}).value("paths", json::object())))
      CHECK_MESSAGE(described.insert(name).second, name, " is described twice");
  std::set<std::string> routed;
  for (const auto& row : all_routes())
    routed.insert(name_of(row.method, std::string{row.path.text()}));
  CHECK(described == routed);
  CHECK(operations_in(document().at("paths")) == routed);
}

TEST_CASE("operations have different ids") {
  std::set<std::string> ids;
  for_each_operation(
      document().at("paths"), [&ids](const std::string& name, const json& x) {
        CAPTURE(name);
        CHECK(ids.insert(x.at("operationId").get<std::string>()).second);
        CHECK_FALSE(x.at("summary").get<std::string>().empty());
      });
}

TEST_CASE("a documented error has the status of its reason") {
  constexpr std::array successes{"101", "200", "202", "304"};
  auto is_success = [&](const std::string& status) {
    return std::find(successes.begin(), successes.end(), status)
           != successes.end();
  };
  for_each_operation(document().at("paths"), [&](const std::string& name,
                                                 const json& operation) {
    CAPTURE(name);
    for (const auto& [status, response] : operation.at("responses").items()) {
      CAPTURE(status);
      if (is_success(status))
        continue;
      std::size_t codes = 0;
      for_each_object(resolved(response), [&](const json& x) {
        if (!x.contains("enum") && !x.contains("const"))
          return;
        for (const auto& token : x.value("enum", json::array())) {
          auto all = all_reasons();
          auto reason = std::find_if(all.begin(), all.end(), [&](auto& y) {
            return y.token == token.get_ref<const std::string&>();
          });
          REQUIRE(reason != all.end());
          CHECK(std::to_string(reason->http_status) == status);
          ++codes;
        }
      });
      auto has_ended =
          name == "POST /control/dispatches/*/cancel" && status == "409";
      CHECK((codes > 0 || has_ended));
    }
  });
}

TEST_CASE("an error that several operations share is described once") {
  std::set<json> seen;
  for_each_operation(document().at("paths"), [&](const std::string& name,
                                                 const json& operation) {
    CAPTURE(name);
    for (const auto& [status, response] : operation.at("responses").items()) {
      CAPTURE(status);
      if (status < "400")
        continue;
      if (!response.contains("$ref"))
        CHECK(seen.insert(response).second);
      else
        CHECK(resolved(response).contains("description"));
    }
  });
  CHECK(document().at("components").at("responses").size() > 1);
}

TEST_CASE("responses are documented with the headers that they have") {
  CHECK(document()
            .at("x-unrouted")
            .at("responses")
            .at("405")
            .at("headers")
            .contains("Allow"));
  std::size_t upgrades = 0;
  std::size_t streams = 0;
  for_each_operation(document().at("paths"), [&](const std::string& name,
                                                 const json& operation) {
    CAPTURE(name);
    for (const auto& [status, shared] : operation.at("responses").items()) {
      CAPTURE(status);
      auto response = resolved(shared);
      auto headers = response.value("headers", json::object());
      if (status == "426") {
        CHECK(headers.contains("Sec-WebSocket-Version"));
        ++upgrades;
      }
      if (response.value("content", json::object())
              .contains("text/event-stream")) {
        CHECK(headers.contains("X-Accel-Buffering"));
        ++streams;
      }
    }
  });
  CHECK(upgrades == 2);
  CHECK(streams == 3);
}

TEST_CASE("a reason that does not exist cannot be documented") {
  auto sources =
      sources_with(R"({"paths":{"/health":{"get":{"x-errors":["made_up"]}}}})");
  CHECK_THROWS_WITH_AS(std::ignore = make_openapi_document(sources),
                       "api/openapi: no reason is called made_up",
                       std::logic_error);
}

TEST_CASE("a route that no file describes makes no document") {
  auto all = openapi_sources();
  std::vector<embedded_text> sources{all.begin(), all.end()};
  std::erase_if(sources, [](auto& x) { return x.name == "sessions.json"; });
  CHECK_THROWS_WITH_AS(std::ignore = make_openapi_document(sources),
                       "api/openapi: no file has the path /control/sessions",
                       std::logic_error);
}

TEST_CASE("a body is documented with the members that its route reads") {
  for (const auto& row : all_routes()) {
    CAPTURE(row.path.text());
    const auto& operation = operation_of(row);
    REQUIRE(operation.contains("requestBody") == (row.body != nullptr));
    if (row.body == nullptr)
      continue;
    const auto& schema = resolved(
        operation["requestBody"]["content"]["application/json"]["schema"]);
    std::set<std::string> members;
    auto required = json::array();
    for (const auto& x : row.body()) {
      members.emplace(x.name);
      if (x.required)
        required.push_back(x.name);
    }
    CHECK(keys_of(schema.at("properties")) == members);
    CHECK(schema.value("required", json::array()) == required);
  }
}

TEST_CASE("every reference leads somewhere") {
  std::size_t count = 0;
  for_each_object(document(), [&count](const json& x) {
    if (!x.contains("$ref"))
      return;
    auto target = x["$ref"].get<std::string>();
    CAPTURE(target);
    REQUIRE(target.starts_with("#/"));
    CHECK(document().contains(json::json_pointer{target.substr(1)}));
    ++count;
  });
  CHECK(count > 100);
}

TEST_CASE("what the daemon sends has no undocumented members") {
  for (const auto& [name, schema] : schemas().items()) {
    CAPTURE(name);
    auto is_sent = name.find(".sent.") != std::string::npos
                   || name.starts_with("event.") || name == "Error";
    if (is_sent)
      CHECK((schema.value("additionalProperties", json{}) == false
             || schema.value("unevaluatedProperties", json{}) == false));
    // The protocol ignores unknown members of what it receives.
    if (name.find(".received.") != std::string::npos
        || name.ends_with("Request"))
      CHECK_FALSE(schema.contains("additionalProperties"));
  }
}

TEST_CASE("every message of bridges is documented") {
  const auto& socket = document().at("x-websockets").at("/ws/agent-bridge");
  CHECK(keys_of(socket.at("received"))
        == types_of<registration, bridgekeeper::progress, response, heartbeat,
                    resume_list, accept_notice, drain_notice>());
  CHECK(keys_of(socket.at("sent"))
        == types_of<registered, bridgekeeper::dispatch, heartbeat,
                    cancel_request, response_ack, goaway_notice>());
  // Heartbeats travel in both directions.
  CHECK(
      std::variant_size_v<
          bridge_message> == socket["received"].size() + socket["sent"].size() - 1);
}

TEST_CASE("every request of control clients is documented") {
  const auto& socket = document().at("x-websockets").at("/ws/control");
  for (const auto& [type, schema] : socket.at("received").items()) {
    CAPTURE(type);
    auto refused = protocol::decode_control(json{{"type", type}}.dump());
    auto* why = std::get_if<protocol::control_refusal>(&refused);
    CHECK((why == nullptr || why->why.field != "type"));
  }
  CHECK(socket["received"].size()
        == std::variant_size_v<protocol::control_request>);
}

TEST_CASE("documented names are those of the code") {
  for (const auto& x : schemas().at("FailureClass").at("enum"))
    CHECK(to_failure_class(x.get_ref<const std::string&>()).has_value());
  for (const auto& x : schemas().at("DispatchState").at("enum"))
    CHECK(to_dispatch_state(x.get_ref<const std::string&>()).has_value());
  CHECK(schemas().at("Reason").at("enum").size() == all_reasons().size());
}

// -- as served -----------------------------------------------------------------

TEST_CASE_FIXTURE(control_world, "the document is served without a token") {
  fake_request request;
  request.path = "/openapi.json";
  auto answer = send(request);
  CHECK(answer.status == 200);
  CHECK(parsed(answer.body) == document());
  CHECK(header_of(answer, "cache-control") == "no-cache");
  CHECK(parsed(answer.body)["info"]["version"] == version());
}

TEST_CASE_FIXTURE(control_world, "a client that has the document does not get "
                                 "it again") {
  fake_request request;
  request.path = "/openapi.json";
  auto etag = header_of(send(request), "etag");
  CHECK(etag == openapi_document().etag);
  for (const auto& known : {etag, "\"x\", W/" + etag, std::string{"*"}}) {
    CAPTURE(known);
    request.headers["if-none-match"] = known;
    auto answer = send(request);
    CHECK(answer.status == 304);
    CHECK(answer.body.empty());
    CHECK(header_of(answer, "etag") == etag);
  }
  request.headers["if-none-match"] = "\"x\"";
  CHECK(send(request).status == 200);
}

TEST_CASE_FIXTURE(control_world, "the versions need no token") {
  fake_request request;
  request.path = "/version";
  CHECK(parsed(send(request).body)
        == json{{"name", "bridgekeeper"},
                {"version", version()},
                {"api", "1"},
                {"protocol", {"1.0", "1.1"}}});
}
