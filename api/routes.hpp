#pragma once

#include "domain/access/token_grant.hpp"
#include "protocol/violation.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bridgekeeper::net {
class http_request;
} // namespace bridgekeeper::net

namespace bridgekeeper::api {

struct control_session_state;

/// Handles a request. Handlers are members of the control session. A new
/// endpoint needs one handler and one row in the table.
using route_handler = void (control_session_state::*)(const net::http_request&);

enum class request_kind : std::uint8_t {
  /// Changes nothing. Authorized queries are counted, not audited: pollers
  /// would push evidence out of the audit log.
  query,
  /// Audited.
  command,
  /// A command; its response tells the rates of the agent, whatever the status
  /// is (contract section 3).
  dispatch,
  /// Audited; answered with 426 unless it is a WebSocket upgrade.
  upgrade,
};

/// A path in which one `*` may stand for one segment.
class path_pattern {
public:
  // Implicit, so that tables can be written with plain text.
  constexpr path_pattern(const char* text) : text_(text), before_(text) {
    if (auto star = before_.find('*'); star != before_.npos) {
      has_parameter_ = true;
      after_ = before_.substr(star + 1);
      before_ = before_.substr(0, star);
    }
  }

  /// Whether `path` matches; sets `parameter` to the segment under the `*`.
  [[nodiscard]] bool matches(std::string_view path,
                             std::string_view& parameter) const;

  /// As written in the table.
  [[nodiscard]] constexpr std::string_view text() const noexcept {
    return text_;
  }

private:
  std::string_view text_;
  bool has_parameter_ = false;
  std::string_view before_;
  std::string_view after_;
};

/// All that is known about a route before a request arrives.
struct route_row {
  std::string_view method;
  path_pattern path;
  route_handler handler;
  /// The scope that the token must have; unset: no token is needed.
  std::optional<token_scope> scope;
  request_kind kind = request_kind::query;
  /// The members of the JSON body; null: the body is ignored.
  std::span<const protocol::body_member> (*body)() noexcept = nullptr;

  /// HEAD is GET without the body (RFC 9110, 9.3.2).
  [[nodiscard]] constexpr bool takes(std::string_view x) const noexcept {
    return x == method || (x == "HEAD" && method == "GET");
  }
};

/// Every route with a path, in the order in which paths are matched.
[[nodiscard]] std::span<const route_row> all_routes() noexcept;

struct route_match {
  enum class outcome : std::uint8_t { found, unknown, wrong_method, moved };

  outcome result = outcome::unknown;
  /// Only for `found`.
  const route_row* row = nullptr;
  /// The variable segment of the path, percent-decoded.
  std::string parameter;
  /// For `wrong_method`: the methods that the path accepts.
  std::string allowed;
  /// For `moved`: the path without its trailing slashes, and the query.
  std::string location;

  [[nodiscard]] bool is_found() const noexcept {
    return result == outcome::found;
  }
};

/// Every method that at least one route accepts, in the format of `Allow`.
[[nodiscard]] std::string all_methods();

/// Finds the route of a request (contract section 3). `target` is path and
/// query, or `*`.
[[nodiscard]] route_match find_route(std::string_view method,
                                     std::string_view target);

} // namespace bridgekeeper::api
