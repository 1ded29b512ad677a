// Requests' methods, targets and the headers that we take apart ourselves. The
// input is a request's head, a line each: method, target, Authorization,
// X-Auth-Token, Last-Event-ID.

#include "api/answer_parts.hpp"
#include "api/event_feed.hpp"
#include "api/event_filter.hpp"
#include "api/query.hpp"
#include "api/routes.hpp"
#include "api/token_place.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "fuzz/expect.hpp"

using namespace bridgekeeper;
using namespace bridgekeeper::api;
using bridgekeeper::fuzz::expect;

namespace {

std::string_view next_line(std::string_view& text) {
  auto line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

void route_it(std::string_view method, std::string_view target) {
  using outcome = route_match::outcome;
  auto match = find_route(method, target);
  expect(match.parameter.size() <= target.size(),
         "decoding does not make a parameter longer");
  expect((match.result == outcome::wrong_method) == !match.allowed.empty(),
         "a wrong method is answered with the right one");
  std::string_view allowed = match.allowed;
  while (!allowed.empty()) {
    auto end = std::min(allowed.find(", "), allowed.size());
    expect(find_route(allowed.substr(0, end), target).result == outcome::found,
           "each method that is named as right is right");
    allowed.remove_prefix(std::min(end + 2, allowed.size()));
  }
  expect((match.result == outcome::moved) == !match.location.empty(),
         "what has moved is told where");
  if (match.result == outcome::moved) {
    auto there = find_route(method, match.location).result;
    expect(there == outcome::found || there == outcome::wrong_method,
           "what has moved is there");
    expect(match.location.starts_with('/') && !match.location.starts_with("//"),
           "nothing moves to another host");
  }
  expect((count_query_values(target, "token") > 0)
             == query_value(target, "token").has_value(),
         "a query parameter is counted if it is found");
}

void filter_by(std::string_view target) {
  std::vector<protocol::violation> wrong;
  auto filter = event_filter::parse(target, wrong);
  if (wrong.empty())
    expect(nlohmann::json::accept(whole(filtered_body(filter, {}).parts)),
           "the answer of a filter is JSON");
  else
    expect(nlohmann::json::accept(to_json(wrong)),
           "what is wrong with a filter is told as JSON");
}

void resume_at(std::string_view text) {
  auto place = event_place::parse(text);
  if (place.epoch.empty())
    return;
  auto again = event_place::parse(place.text());
  expect(again.epoch == place.epoch && again.sequence == place.sequence,
         "a place in a stream is what its text says");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string_view rest{reinterpret_cast<const char*>(data), size};
  auto method = next_line(rest);
  auto target = next_line(rest);
  auto authorization = next_line(rest);
  auto x_auth_token = next_line(rest);
  route_it(method, target);
  filter_by(target);
  auto token = find_token(authorization, x_auth_token, target);
  expect(token.size() <= size, "a token is part of the request");
  resume_at(next_line(rest));
  return 0;
}
