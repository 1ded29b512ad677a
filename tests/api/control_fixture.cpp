#include "api/control_fixture.hpp"

#include <doctest/doctest.h>

#include <utility>

namespace bridgekeeper::test {

control_world::control_world(std::size_t thread_count)
  : started_world(thread_count),
    http(std::make_shared<fake_http>(thread().deadlines)) {
  watch(http);
  aut = spawn_on(sys, &thread(), control_session, &context(),
                 std::shared_ptr<net::http_session>{http});
  run();
}

control_world::~control_world() {
  CHECK(http->stray_answers == 0);
  aut = nullptr;
}

std::shared_ptr<fake_http> control_world::open() {
  auto out = std::make_shared<fake_http>(thread().deadlines);
  watch(out);
  spawn_on(sys, &thread(), control_session, &context(),
           std::shared_ptr<net::http_session>{out});
  run();
  return out;
}

void control_world::get_by(fake_http& other, const std::string& path) {
  fake_request request;
  request.path = path;
  request.headers["authorization"] = "Bearer " + test_token;
  other.peer_asks(std::move(request));
  run();
}

void control_world::ask_http(const std::string& verb, const std::string& path,
                             const std::string& body) {
  fake_request request;
  request.verb = verb;
  request.path = path;
  request.text = body;
  request.headers["authorization"] = "Bearer " + test_token;
  http->peer_asks(std::move(request));
}

net::http_response control_world::get(const std::string& path) {
  auto before = http->answers.size();
  ask_http("GET", path);
  run();
  REQUIRE(http->answers.size() == before + 1);
  return http->answers.back();
}

net::http_response control_world::post(const std::string& path,
                                       const std::string& body) {
  auto before = http->answers.size();
  ask_http("POST", path, body);
  run();
  REQUIRE(http->answers.size() == before + 1);
  return http->answers.back();
}

net::http_response control_world::send(fake_request request) {
  auto before = http->answers.size();
  http->peer_asks(std::move(request));
  run();
  REQUIRE(http->answers.size() == before + 1);
  return http->answers.back();
}

std::string header_of(const net::http_response& x, std::string_view name) {
  for (const auto& [key, value] : x.headers)
    if (key == name)
      return value;
  return "";
}

std::string detail_of(const net::http_response& x) {
  auto detail = parsed(x.body).at("detail");
  return detail.is_string() ? detail.get<std::string>() : detail.dump();
}

} // namespace bridgekeeper::test
