#include "api/routes.hpp"

#include "api/control_session.hpp"
#include "api/query.hpp"
#include "protocol/control_codec.hpp"

#include <algorithm>
#include <array>

namespace bridgekeeper::api {

namespace {

using enum request_kind;
using session = control_session_state;

constexpr std::optional<token_scope> open;
constexpr auto bridge = token_scope::bridge;
constexpr auto read = token_scope::read;
constexpr auto control = token_scope::control;
constexpr auto admin = token_scope::admin;

// What an operator may want of agents.
constexpr auto cordoned = agent_duty::cordoned;
constexpr auto draining = agent_duty::draining;
constexpr auto working = agent_duty::working;

constexpr std::array table{
    route_row{"GET", "/health", &session::show_health, open},
    route_row{"GET", "/livez", &session::show_liveness, open},
    route_row{"GET", "/readyz", &session::show_readiness, open},
    route_row{"GET", "/metrics", &session::show_metrics, read},
    route_row{"GET", "/version", &session::show_version, open},
    route_row{"GET", "/openapi.json", &session::show_openapi, open},
    // A bridge presents its token in its first frame.
    route_row{"GET", "/ws/agent-bridge", &session::admit_bridge, open, upgrade},
    route_row{"GET", "/ws/agent-bridge/status", &session::list_bridges, read},
    route_row{"GET", "/ws/agent-bridge/check/*",
              &session::with_agent<&session::check_bridge>, bridge},
    route_row{"GET", "/ws/control", &session::open_channel, control, upgrade},
    route_row{"GET", "/control/context", &session::show_context, read},
    route_row{"POST", "/control/context/reset", &session::reset_costs, admin,
              command},
    route_row{"GET", "/control/agents", &session::list_agents, read},
    route_row{"POST", "/control/agents/register", &session::register_agent,
              control, command, protocol::enlistment_members},
    route_row{"POST", "/control/agents/cordon", &session::change_all<cordoned>,
              admin, command},
    route_row{"POST", "/control/agents/drain", &session::change_all<draining>,
              admin, command},
    route_row{"POST", "/control/agents/uncordon", &session::change_all<working>,
              admin, command},
    route_row{"POST", "/control/agents/*/cordon",
              &session::with_agent<&session::change_duty<cordoned>>, admin,
              command},
    route_row{"POST", "/control/agents/*/drain",
              &session::with_agent<&session::change_duty<draining>>, admin,
              command},
    route_row{"POST", "/control/agents/*/uncordon",
              &session::with_agent<&session::change_duty<working>>, admin,
              command},
    route_row{"GET", "/control/agents/*",
              &session::with_agent<&session::show_agent>, read},
    route_row{"DELETE", "/control/agents/*",
              &session::with_agent<&session::forget_agent>, control, command},
    route_row{"GET", "/control/agents/*/explain",
              &session::with_agent<&session::explain_agent>, read},
    route_row{"POST", "/control/agents/*/dispatch", &session::dispatch, control,
              dispatch, protocol::dispatch_body_members},
    route_row{"POST", "/control/agents/*/followup", &session::follow_up,
              control, dispatch, protocol::followup_body_members},
    route_row{"GET", "/control/agents/*/task",
              &session::with_agent<&session::show_task>, read},
    route_row{"GET", "/control/agents/*/events",
              &session::with_agent<&session::follow_events>, read},
    route_row{"POST", "/control/dispatch", &session::dispatch_routed, control,
              dispatch, protocol::routed_body_members},
    route_row{"GET", "/control/dispatches", &session::list_dispatches, read},
    route_row{"GET", "/control/dispatches/*", &session::show_dispatch, read},
    route_row{"GET", "/control/dispatches/*/events", &session::follow_dispatch,
              read},
    route_row{"GET", "/control/dispatches/*/explain",
              &session::explain_dispatch, read},
    route_row{"GET", "/control/reasons/*/explain", &session::explain_reason,
              read},
    route_row{"POST", "/control/dispatches/*/cancel", &session::cancel_dispatch,
              control, command},
    route_row{"POST", "/control/store/backup", &session::back_up_store, admin,
              command, protocol::backup_body_members},
    route_row{"POST", "/control/store/erase", &session::erase, admin, command,
              protocol::erase_body_members},
    route_row{"POST", "/control/store/vacuum", &session::vacuum_store, admin,
              command},
    route_row{"POST", "/control/sessions", &session::open_session, control,
              command},
    route_row{"GET", "/control/sessions/*/events", &session::follow_session,
              read},
    route_row{"GET", "/control/sessions/*/events/filter",
              &session::filter_session, read},
};

constexpr route_row server_row{"OPTIONS", "*", &session::show_server, open};

/// The methods that a route of this method accepts.
std::string_view methods_of(const route_row& x) {
  return x.takes("HEAD") ? "GET, HEAD" : x.method;
}

/// The path without its trailing slashes, if that matches a route; otherwise
/// empty.
std::string_view without_trailing_slashes(std::string_view path) {
  if (!path.ends_with('/'))
    return {};
  auto out = path.substr(0, path.find_last_not_of('/') + 1);
  auto leads_there = [out](const route_row& x) {
    std::string_view ignored;
    return x.path.matches(out, ignored);
  };
  return std::any_of(table.begin(), table.end(), leads_there)
             ? out
             : std::string_view{};
}

} // namespace

bool path_pattern::matches(std::string_view path,
                           std::string_view& parameter) const {
  if (!has_parameter_)
    return path == before_;
  auto fixed = before_.size() + after_.size();
  if (path.size() <= fixed || !path.starts_with(before_)
      || !path.ends_with(after_))
    return false;
  parameter = path.substr(before_.size(), path.size() - fixed);
  return parameter.find('/') == parameter.npos;
}

std::span<const route_row> all_routes() noexcept {
  return table;
}

std::string all_methods() {
  std::string out;
  for (const auto& x : table)
    if (out.find(x.method) == std::string::npos)
      out += std::string{methods_of(x)} + ", ";
  return out + "OPTIONS";
}

route_match find_route(std::string_view method, std::string_view target) {
  using outcome = route_match::outcome;
  if (target == "*" && method == "OPTIONS")
    return {outcome::found, &server_row, {}, {}, {}};
  route_match out;
  auto path = target.substr(0, target.find('?'));
  for (const auto& x : table) {
    std::string_view parameter;
    if (!x.path.matches(path, parameter))
      continue;
    if (x.takes(method))
      return {outcome::found, &x, percent_decoded(parameter, false), {}, {}};
    out.result = outcome::wrong_method;
    if (!out.allowed.empty())
      out.allowed += ", ";
    out.allowed += methods_of(x);
  }
  if (out.result == outcome::unknown)
    if (auto meant = without_trailing_slashes(path); !meant.empty()) {
      out.result = outcome::moved;
      out.location = std::string{meant}.append(target.substr(path.size()));
    }
  return out;
}

} // namespace bridgekeeper::api
