#pragma once

#include "actors/interfaces.hpp"
#include "api/routes.hpp"
#include "api/thread_context.hpp"
#include "domain/access/token_table.hpp"
#include "domain/facts.hpp"
#include "net/http_session.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::api {

/// What the token of a request has led to so far; see `authenticator`.
struct authentication {
  /// The grant of the token, even if it lacks the scope; null if the token was
  /// rejected.
  token_grant_ptr who;
  std::optional<failure> refused;
  /// The table that decided; null: undecided.
  std::shared_ptr<const token_table> by;
  /// The body was not wanted, because the token must wait for its turn.
  bool is_body_declined = false;
  bool has_had_turn = false;
};

/// The dispatch that a request has started.
struct waiting_dispatch {
  dispatch_order_ptr order;
  /// The agent that works on it; empty until one has been chosen.
  agent_id agent;
  /// Null if the response is the acceptance and not the outcome.
  std::unique_ptr<dispatch_watch> watch;
  bool accepted = false;
  /// The time that the client waits was over before the agent accepted.
  bool is_wait_over = false;
};

/// One request of an HTTP connection, from its header to its response; the
/// request of an event stream lasts as long as the stream. Holds what is still
/// needed after the call that passed the request.
struct control_request {
  control_request(const net::http_request& x, const control_options& options);

  route_match match;
  /// Method and path, if no route takes the request; without the query, which
  /// may contain a token.
  std::string unrouted;
  /// The sender, behind any number of proxies. Names the token once that is
  /// known.
  origin from;
  /// The web page that sent the request, or "".
  std::string page;
  authentication login;
  /// The agent whose rates the response tells; empty if the sender may not know
  /// them, unset if the response tells none.
  std::optional<agent_id> rated;
  std::optional<waiting_dispatch> waiting;
  /// The dispatch whose outcome a request with `?wait=` asks for, if an earlier
  /// request started that dispatch.
  message_id awaited;
  /// When that request gives up.
  time_point wait_until{};
  /// The wait is over, so a record that is shown may be unfinished.
  bool has_waited_in_vain = false;
  /// While a dispatch is awaited or cancelled: how often the store was asked.
  unsigned looks = 0;
  /// Asks a core actor again; empty if no reply is outstanding.
  std::function<void()> question;
  /// For `/readyz`: the core actor that has not replied yet.
  std::string_view asked;
};

/// The route of a request or, if none takes it, its own method and path.
/// Refers to the request.
[[nodiscard]] fact::request_line request_line_of(const control_request& x);

/// Logs, once, that a peer sends forwarding headers but is not a trusted proxy:
/// usually a proxy that is missing in the configuration.
void note_forwarding(const net::http_request& x,
                     const control_options& options);

} // namespace bridgekeeper::api
