#include "api/control_route.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace bridgekeeper::api {

namespace {

struct pattern {
  constexpr pattern(std::string_view m, std::string_view path, route r)
    : method(m), where(r) {
    auto star = path.find('*');
    has_parameter = star != path.npos;
    before = path.substr(0, star);
    if (has_parameter)
      after = path.substr(star + 1);
  }

  std::string_view method;
  route where;
  /// `*` in the path stands for one segment.
  bool has_parameter;
  /// What is before the `*`, and behind it.
  std::string_view before;
  std::string_view after;
};

constexpr std::array patterns{
    pattern{"GET", "/health", route::health},
    pattern{"GET", "/livez", route::live},
    pattern{"GET", "/readyz", route::ready},
    pattern{"GET", "/ws/agent-bridge", route::bridge_socket},
    pattern{"GET", "/ws/agent-bridge/status", route::bridge_status},
    pattern{"GET", "/ws/control", route::control_socket},
    pattern{"GET", "/control/context", route::show_context},
    pattern{"POST", "/control/context/reset", route::reset_costs},
    pattern{"GET", "/control/agents", route::list_agents},
    pattern{"POST", "/control/agents/register", route::register_agent},
    pattern{"GET", "/control/agents/*", route::show_agent},
    pattern{"DELETE", "/control/agents/*", route::forget_agent},
    pattern{"POST", "/control/agents/*/dispatch", route::dispatch},
    pattern{"POST", "/control/agents/*/followup", route::follow_up},
    pattern{"GET", "/control/agents/*/task", route::show_task},
    pattern{"GET", "/control/agents/*/events", route::follow_events},
    pattern{"GET", "/control/dispatches/*", route::show_dispatch},
    pattern{"POST", "/control/sessions", route::open_session},
    pattern{"GET", "/control/sessions/*/events", route::follow_session},
    pattern{"GET", "/control/sessions/*/events/filter", route::filter_session},
};

int hex_value(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text, bool plus_is_space) {
  if (text.find_first_of("%+") == text.npos)
    return std::string{text};
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto high =
        i + 2 < text.size() && text[i] == '%' ? hex_value(text[i + 1]) : -1;
    auto low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

/// Whether a query parameter has this name.
bool is_named(std::string_view key, std::string_view name) {
  return key.size() >= name.size() && percent_decoded(key, true) == name;
}

/// Whether `path` fits; `parameter` gets the segment under the `*`.
bool fits(std::string_view path, const pattern& shape,
          std::string_view& parameter) {
  if (!shape.has_parameter)
    return path == shape.before;
  auto fixed = shape.before.size() + shape.after.size();
  if (path.size() <= fixed || !path.starts_with(shape.before)
      || !path.ends_with(shape.after))
    return false;
  parameter = path.substr(shape.before.size(), path.size() - fixed);
  return parameter.find('/') == parameter.npos;
}

bool equal_ignoring_case(std::string_view x, std::string_view y) {
  return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                    [](unsigned char a, unsigned char b) {
                      return std::tolower(a) == std::tolower(b);
                    });
}

/// What a route of this method takes: HEAD is GET without the body (RFC 9110,
/// 9.3.2).
std::string_view methods_of(const pattern& x) {
  return x.method == "GET" ? "GET, HEAD" : x.method;
}

bool takes(const pattern& x, std::string_view method) {
  return method == x.method || (method == "HEAD" && x.method == "GET");
}

/// Where a path with trailing slashes was meant to lead; empty if nowhere.
std::string_view without_trailing_slashes(std::string_view path) {
  if (!path.ends_with('/'))
    return {};
  auto out = path.substr(0, path.find_last_not_of('/') + 1);
  auto leads_there = [out](const pattern& x) {
    std::string_view ignored;
    return fits(out, x, ignored);
  };
  return std::any_of(patterns.begin(), patterns.end(), leads_there)
             ? out
             : std::string_view{};
}

/// Calls `use` with the name and the value of each query parameter, as sent.
template <class Use>
void for_each_query_value(std::string_view target, Use use) {
  auto start = target.find('?');
  if (start == std::string_view::npos)
    return;
  auto query = target.substr(start + 1);
  while (!query.empty()) {
    auto pair = query.substr(0, query.find('&'));
    auto equals = std::min(pair.find('='), pair.size());
    use(pair.substr(0, equals), pair.substr(std::min(equals + 1, pair.size())));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
  }
}

} // namespace

std::string all_methods() {
  std::string out;
  for (const auto& x : patterns)
    if (out.find(x.method) == std::string::npos)
      out += std::string{methods_of(x)} + ", ";
  return out + "OPTIONS";
}

route_match find_route(std::string_view method, std::string_view target) {
  route_match out;
  if (target == "*" && method == "OPTIONS") {
    out.result = route_match::outcome::found;
    out.where = route::server;
    return out;
  }
  auto path = target.substr(0, target.find('?'));
  for (const auto& candidate : patterns) {
    std::string_view parameter;
    if (!fits(path, candidate, parameter))
      continue;
    if (takes(candidate, method)) {
      return {route_match::outcome::found,
              candidate.where,
              percent_decoded(parameter, false),
              {},
              {}};
    }
    out.result = route_match::outcome::wrong_method;
    if (!out.allowed.empty())
      out.allowed += ", ";
    out.allowed += methods_of(candidate);
  }
  if (out.result == route_match::outcome::unknown)
    if (auto meant = without_trailing_slashes(path); !meant.empty()) {
      out.result = route_match::outcome::moved;
      out.location = std::string{meant}.append(target.substr(path.size()));
    }
  return out;
}

std::optional<std::string> query_value(std::string_view target,
                                       std::string_view name) {
  std::optional<std::string> out;
  for_each_query_value(target,
                       [&](std::string_view key, std::string_view value) {
                         if (is_named(key, name))
                           out = percent_decoded(value, true);
                       });
  return out;
}

std::size_t count_query_values(std::string_view target, std::string_view name) {
  std::size_t out = 0;
  for_each_query_value(target, [&](std::string_view key, std::string_view) {
    out += is_named(key, name) ? 1 : 0;
  });
  return out;
}

std::string find_token(std::string_view authorization,
                       std::string_view x_auth_token, std::string_view target,
                       bool from_query) {
  constexpr std::string_view scheme = "bearer";
  auto space = authorization.find(' ');
  if (space != std::string_view::npos
      && equal_ignoring_case(authorization.substr(0, space), scheme)) {
    auto token = authorization.substr(space + 1);
    auto first = token.find_first_not_of(' ');
    if (first != std::string_view::npos)
      return std::string{token.substr(first)};
  }
  if (!x_auth_token.empty())
    return std::string{x_auth_token};
  if (!from_query)
    return {};
  return query_value(target, "token").value_or(std::string{});
}

} // namespace bridgekeeper::api
