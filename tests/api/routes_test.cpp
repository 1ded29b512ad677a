#include "api/control_session.hpp"
#include "api/query.hpp"
#include "api/routes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::api;
using outcome = route_match::outcome;
using session = control_session_state;

namespace {

void leads_to(std::string_view method, std::string_view target,
              route_handler handler, const std::string& parameter = "") {
  CAPTURE(target);
  auto match = find_route(method, target);
  REQUIRE(match.result == outcome::found);
  CHECK(match.row->handler == handler);
  CHECK(match.parameter == parameter);
}

const route_row& row_of(route_handler handler) {
  auto rows = all_routes();
  return *std::find_if(rows.begin(), rows.end(), [handler](const route_row& x) {
    return x.handler == handler;
  });
}

/// An endpoint as tests/e2e/endpoints.py lists it; `scope` may be empty.
struct listed_endpoint {
  std::string method;
  std::string path;
  std::string scope;
};

std::vector<listed_endpoint> endpoints_of_e2e_tests() {
  std::ifstream in{BRIDGEKEEPER_SOURCE_DIR "/tests/e2e/endpoints.py"};
  const std::regex row{R"re( *\("[a-z_]+", "([A-Z]+)", "([^"]+)", )re"
                       R"re((?:None|"([a-z]+)")\),)re"};
  std::vector<listed_endpoint> out;
  std::smatch found;
  for (std::string line; std::getline(in, line);)
    if (std::regex_match(line, found, row))
      out.push_back({found[1], found[2], found[3]});
  return out;
}

} // namespace

// Every test over all endpoints uses that list.
TEST_CASE("the list of endpoints of the e2e tests is the table of routes") {
  std::set<const route_row*> listed;
  for (const auto& x : endpoints_of_e2e_tests()) {
    CAPTURE(x.method);
    CAPTURE(x.path);
    auto match = find_route(x.method, x.path);
    REQUIRE(match.result == outcome::found);
    CHECK(match.row->method == x.method);
    auto scope = match.row->scope ? to_string(*match.row->scope) : "";
    CHECK(scope == x.scope);
    CHECK_MESSAGE(listed.insert(match.row).second, "the endpoint stands twice");
  }
  auto rows = all_routes();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CAPTURE(i);
    CHECK(listed.contains(&rows[i]) == (rows[i].kind != request_kind::upgrade));
  }
}

// Contract section 3.
TEST_CASE("each call has its route") {
  leads_to("GET", "/health", &session::show_health);
  leads_to("GET", "/ws/agent-bridge", &session::admit_bridge);
  leads_to("GET", "/ws/agent-bridge/status", &session::list_bridges);
  leads_to("GET", "/ws/agent-bridge/check/a",
           &session::with_agent<&session::check_bridge>, "a");
  leads_to("GET", "/ws/control", &session::open_channel);
  leads_to("GET", "/control/agents", &session::list_agents);
  leads_to("GET", "/control/agents/a-1",
           &session::with_agent<&session::show_agent>, "a-1");
  leads_to("POST", "/control/agents/a-1/dispatch", &session::dispatch, "a-1");
  leads_to("GET", "/control/agents/a-1/task",
           &session::with_agent<&session::show_task>, "a-1");
  leads_to("GET", "/control/agents/a-1/events",
           &session::with_agent<&session::follow_events>, "a-1");
  leads_to("POST", "/control/dispatch", &session::dispatch_routed);
  leads_to("GET", "/control/dispatches/m-1", &session::show_dispatch, "m-1");
  leads_to("GET", "/control/dispatches/m-1/events", &session::follow_dispatch,
           "m-1");
}

TEST_CASE("a query does not change the route") {
  leads_to("GET", "/health?x=/control/agents", &session::show_health);
  leads_to("POST", "/control/agents/a/dispatch?wait=5", &session::dispatch,
           "a");
  leads_to("GET", "/control/agents/a?",
           &session::with_agent<&session::show_agent>, "a");
}

TEST_CASE("the variable part of a path is percent-decoded") {
  leads_to("GET", "/control/agents/a%2Db",
           &session::with_agent<&session::show_agent>, "a-b");
  leads_to("GET", "/control/agents/%61",
           &session::with_agent<&session::show_agent>, "a");
  leads_to("GET", "/control/agents/a%2fb",
           &session::with_agent<&session::show_agent>, "a/b");
  leads_to("GET", "/control/agents/a+b",
           &session::with_agent<&session::show_agent>, "a+b");
}

TEST_CASE("what is no percent escape stays as it is") {
  leads_to("GET", "/control/agents/%",
           &session::with_agent<&session::show_agent>, "%");
  leads_to("GET", "/control/agents/a%2",
           &session::with_agent<&session::show_agent>, "a%2");
  leads_to("GET", "/control/agents/a%zz",
           &session::with_agent<&session::show_agent>, "a%zz");
  leads_to("GET", "/control/agents/%%41",
           &session::with_agent<&session::show_agent>, "%A");
}

TEST_CASE("other paths lead nowhere") {
  for (auto path :
       {"", "*", "/", "//", "/healthy", "/control", "/control/agents//task",
        "/control/agents/a/b", "/control/agents/a/b/",
        "/control/agents/a/task/x", "/control/store", "/CONTROL/agents",
        "//health", "//health/", "?x=/health", "/ws/agent-bridge/statusx"}) {
    CAPTURE(path);
    CHECK(find_route("GET", path).result == outcome::unknown);
    CHECK(find_route("POST", path).result == outcome::unknown);
  }
}

TEST_CASE("trailing slashes lead to the path without them") {
  auto moved = [](std::string_view method, std::string_view target) {
    auto match = find_route(method, target);
    CHECK(match.result == outcome::moved);
    return match.location;
  };
  CHECK(moved("GET", "/health/") == "/health");
  CHECK(moved("GET", "/control/agents///") == "/control/agents");
  CHECK(moved("GET", "/control/agents/a/?b=/c/") == "/control/agents/a?b=/c/");
  CHECK(moved("POST", "/control/agents/a/dispatch/")
        == "/control/agents/a/dispatch");
  // As FastAPI does, whatever the method.
  CHECK(moved("PUT", "/control/agents/") == "/control/agents");
  CHECK(moved("GET", "/ws/agent-bridge/") == "/ws/agent-bridge");
}

TEST_CASE("HEAD leads wherever GET does") {
  leads_to("HEAD", "/health", &session::show_health);
  leads_to("HEAD", "/control/agents/a/events",
           &session::with_agent<&session::follow_events>, "a");
  CHECK(find_route("HEAD", "/control/sessions").result
        == outcome::wrong_method);
}

TEST_CASE("OPTIONS * asks about the server, not about a route") {
  leads_to("OPTIONS", "*", &session::show_server);
  CHECK(find_route("GET", "*").result == outcome::unknown);
  CHECK(all_methods() == "GET, HEAD, POST, DELETE, OPTIONS");
}

TEST_CASE("query parameters are counted by their decoded names") {
  CHECK(count_query_values("/x", "token") == 0);
  CHECK(count_query_values("/x?token=a&tokens=b", "token") == 1);
  CHECK(count_query_values("/x?token=a&%74oken", "token") == 2);
  CHECK(count_query_values("/x?token&&token=", "token") == 2);
}

TEST_CASE("a wrong method is told the right one") {
  auto wrong = [](std::string_view method, std::string_view target) {
    CAPTURE(target);
    auto match = find_route(method, target);
    CHECK(match.result == outcome::wrong_method);
    return std::string{match.allowed};
  };
  CHECK(wrong("POST", "/health") == "GET, HEAD");
  CHECK(wrong("DELETE", "/control/agents") == "GET, HEAD");
  CHECK(wrong("GET", "/control/agents/a/dispatch") == "POST");
  CHECK(wrong("PUT", "/control/agents/a/dispatch?wait=1") == "POST");
  CHECK(wrong("POST", "/control/agents/dispatch") == "GET, HEAD, DELETE");
  CHECK(wrong("GET", "/control/context/reset") == "POST");
  CHECK(wrong("get", "/health") == "GET, HEAD");
}

TEST_CASE("a route that is found has no right method beside it") {
  auto match = find_route("GET", "/control/agents/register");
  CHECK(match.result == route_match::outcome::found);
  CHECK(match.row->handler == &session::with_agent<&session::show_agent>);
  CHECK(match.allowed.empty());
}

TEST_CASE("health and the upgrades of bridges need no token") {
  CHECK(row_of(&session::show_health).scope == std::nullopt);
  CHECK(row_of(&session::admit_bridge).scope == std::nullopt);
}

namespace {

/// What an operator does: resets costs, looks after the store, and decides
/// which agents get work.
bool is_administration(const route_row& x) {
  using enum agent_duty;
  constexpr std::array handlers{
      &session::reset_costs,
      &session::back_up_store,
      &session::erase,
      &session::vacuum_store,
      &session::change_all<working>,
      &session::change_all<cordoned>,
      &session::change_all<draining>,
      &session::with_agent<&session::change_duty<working>>,
      &session::with_agent<&session::change_duty<cordoned>>,
      &session::with_agent<&session::change_duty<draining>>};
  return std::find(handlers.begin(), handlers.end(), x.handler)
         != handlers.end();
}

/// What bridges may ask.
bool is_of_bridges(const route_row& x) {
  return x.handler == &session::with_agent<&session::check_bridge>;
}

} // namespace

TEST_CASE("queries need the scope read, or bridge if bridges ask, "
          "administration admin, and all other commands control") {
  for (const auto& x : all_routes()) {
    CAPTURE(x.method);
    if (!x.scope)
      CHECK(x.kind != request_kind::command);
    else if (is_administration(x))
      CHECK(x.scope == token_scope::admin);
    else if (is_of_bridges(x))
      CHECK(x.scope == token_scope::bridge);
    else
      CHECK(x.scope
            == (x.kind == request_kind::query ? token_scope::read
                                              : token_scope::control));
  }
}

TEST_CASE("GET never runs a command") {
  for (const auto& x : all_routes()) {
    CAPTURE(x.method);
    CHECK(
        (x.method == "GET")
        == (x.kind == request_kind::query || x.kind == request_kind::upgrade));
  }
}

TEST_CASE("two routes accept only WebSocket upgrades") {
  for (const auto& x : all_routes())
    CHECK((x.kind == request_kind::upgrade)
          == (x.handler == &session::admit_bridge
              || x.handler == &session::open_channel));
}

TEST_CASE("dispatches tell the rates of their agent") {
  for (const auto& x : all_routes())
    CHECK((x.kind == request_kind::dispatch)
          == (x.handler == &session::dispatch
              || x.handler == &session::dispatch_routed
              || x.handler == &session::follow_up));
}
