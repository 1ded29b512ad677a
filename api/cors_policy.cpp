#include "api/cors_policy.hpp"

#include "api/routes.hpp"

#include <algorithm>

namespace bridgekeeper::api {

namespace {

constexpr std::string_view exposed =
    "X-RateLimit-Limit-Agent, X-RateLimit-Remaining-Agent, "
    "X-RateLimit-Reset-Agent, X-RateLimit-Limit-Ip, "
    "X-RateLimit-Remaining-Ip, X-RateLimit-Reset-Ip, Retry-After";

net::http_response plain_text(unsigned status, std::string_view text) {
  net::http_response out;
  out.status = status;
  out.content_type = "text/plain; charset=utf-8";
  out.body = text;
  return out;
}

} // namespace

bool cors_policy::allows(std::string_view origin) const {
  return std::find(origins_.begin(), origins_.end(), origin) != origins_.end();
}

bool cors_policy::is_foreign(const net::http_request& request) const {
  auto origin = request.header("origin");
  if (origin.empty()) {
    auto site = request.header("sec-fetch-site");
    return site == "cross-site" || site == "same-site";
  }
  if (allows(origin))
    return false;
  auto host = request.header("host");
  for (std::string_view scheme : {"http://", "https://"})
    if (origin.starts_with(scheme) && origin.substr(scheme.size()) == host)
      return false;
  return true;
}

void cors_policy::decorate(net::http_response& answer,
                           std::string_view origin) const {
  if (origin.empty())
    return;
  // Caches must not give a response for one origin to another.
  answer.headers.emplace_back("vary", "Origin");
  if (!allows(origin))
    return;
  answer.headers.emplace_back("access-control-allow-origin", origin);
  answer.headers.emplace_back("access-control-allow-credentials", "true");
  answer.headers.emplace_back("access-control-expose-headers", exposed);
}

bool cors_policy::is_preflight(const net::http_request& request) {
  return request.method() == "OPTIONS" && !request.header("origin").empty()
         && !request.header("access-control-request-method").empty();
}

net::http_response
cors_policy::preflight_answer(const net::http_request& request) const {
  if (!allows(request.header("origin")))
    return plain_text(400, "Disallowed CORS origin");
  auto method = request.header("access-control-request-method");
  auto rows = all_routes();
  if (std::none_of(rows.begin(), rows.end(),
                   [method](const route_row& x) { return x.takes(method); }))
    return plain_text(400, "Disallowed CORS method");
  auto out = plain_text(200, "OK");
  out.headers.emplace_back("access-control-allow-methods", all_methods());
  out.headers.emplace_back("access-control-max-age", "600");
  if (auto headers = request.header("access-control-request-headers");
      !headers.empty())
    out.headers.emplace_back("access-control-allow-headers", headers);
  return out;
}

} // namespace bridgekeeper::api
