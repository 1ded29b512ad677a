#pragma once

#include "domain/access/token_grant.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::api {

/// What a request asks for.
enum class route : std::uint8_t {
  health,
  live,
  ready,
  bridge_socket,
  bridge_status,
  control_socket,
  show_context,
  reset_costs,
  list_agents,
  register_agent,
  show_agent,
  forget_agent,
  dispatch,
  follow_up,
  show_task,
  follow_events,
  show_dispatch,
  open_session,
  follow_session,
  filter_session,
  /// `OPTIONS *`: the server as a whole.
  server,
};

struct route_match {
  enum class outcome : std::uint8_t { found, unknown, wrong_method, moved };

  outcome result = outcome::unknown;
  route where = route::health;
  /// The path's variable part, percent-decoded: an agent id or message id.
  std::string parameter;
  /// For `wrong_method`: what would have been right.
  std::string allowed;
  /// For `moved`: the path without its trailing slashes, and the query.
  std::string location;
};

/// Every method that some route takes, as `Allow` lists them.
[[nodiscard]] std::string all_methods();

/// Finds the route of a request (contract section 3). `target` is path and
/// query, or `*`. HEAD leads wherever GET does.
[[nodiscard]] route_match find_route(std::string_view method,
                                     std::string_view target);

/// What a token has to be good for to get there; nothing: no token is asked
/// for.
[[nodiscard]] constexpr std::optional<token_scope>
needed_scope(route x) noexcept {
  switch (x) {
  case route::health:
  case route::live:
  case route::ready:
  case route::server:
  // A bridge brings its token in its first frame.
  case route::bridge_socket:
    return std::nullopt;
  case route::reset_costs:
    return token_scope::admin;
  case route::control_socket:
  case route::forget_agent:
  case route::dispatch:
  case route::follow_up:
  case route::register_agent:
  case route::open_session:
    return token_scope::control;
  case route::bridge_status:
  case route::list_agents:
  case route::show_agent:
  case route::show_task:
  case route::follow_events:
  case route::show_dispatch:
  case route::show_context:
  case route::follow_session:
  case route::filter_session:
    break;
  }
  return token_scope::read;
}

[[nodiscard]] constexpr bool is_socket(route x) noexcept {
  return x == route::bridge_socket || x == route::control_socket;
}

/// The last query parameter of this name, decoded.
[[nodiscard]] std::optional<std::string> query_value(std::string_view target,
                                                     std::string_view name);

/// How many query parameters have this name.
[[nodiscard]] std::size_t count_query_values(std::string_view target,
                                             std::string_view name);

/// The token of a request: `Authorization: Bearer`, else `X-Auth-Token`, else
/// `?token=`, unless `from_query` is off (contract section 2). Empty if there
/// is none.
[[nodiscard]] std::string find_token(std::string_view authorization,
                                     std::string_view x_auth_token,
                                     std::string_view target,
                                     bool from_query = true);

} // namespace bridgekeeper::api
