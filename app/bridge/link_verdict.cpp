#include "app/bridge/link_verdict.hpp"

#include "app/client/client_token.hpp"
#include "app/text/utf8_text.hpp"
#include "domain/errc.hpp"

namespace bridgekeeper::app {

namespace {

/// The close codes of the bridge protocol (contract section 1).
enum close_code : std::uint16_t {
  not_registered = 4001,
  replaced = 4002,
  asked_to_leave = 4003,
  invalid_frame = 4004,
  not_authenticated = 4005,
  registered_again = 4006,
};

/// The status for a plain HTTP request to a WebSocket endpoint.
constexpr unsigned upgrade_required = 426;

constexpr auto dropped_upgrade =
    " received no WebSocket upgrade (HTTP 426): a proxy in between dropped it. "
    "Configure the proxy to use HTTP/1.1 and to pass on the headers Upgrade "
    "and Connection";

/// Appends the reason if it is a single short line. A proxy's HTML page is not.
std::string with_reason(std::string text, const std::string& reason) {
  if (reason.empty() || reason.size() > 200
      || reason.find('\n') != std::string::npos)
    return text;
  return text + ": " + printable(reason);
}

} // namespace

link_verdict judge(const net::websocket_end& end, bool registered,
                   const std::string& server, const std::string& agent) {
  auto said = [&](std::string text) {
    return with_reason(std::move(text), end.reason);
  };
  if (end.http_status == upgrade_required)
    return {{}, server + dropped_upgrade};
  if (end.http_status != 0)
    return {{},
            said(server + " refused the connection (HTTP "
                 + std::to_string(end.http_status) + ")")};
  if (end.untrusted)
    return {{}, server + " is not trusted: " + printable(end.reason)};
  if (!end.was_open)
    return {{}, said("cannot reach " + server)};
  if (end.code == replaced && !registered)
    return {exit_code::refused, "another bridge is already using the agent id "
                                    + agent + " at " + server
                                    + ". Give each bridge its own id with "
                                      "--id, or stop the other bridge."};
  if (end.code == replaced)
    return {exit_code::replaced,
            "another bridge has registered as " + agent + " at " + server
                + " and has replaced this one. Give each bridge its own id "
                  "with --id, or stop the other bridge."};
  if (!registered && end.code == not_authenticated
      && end.reason.ends_with("authentication not configured"))
    return {exit_code::unauthenticated, no_token_at(server)};
  if (!registered && end.code == not_authenticated)
    return {
        exit_code::unauthenticated,
        said(server + " did not accept the token")
            + ". Set BRIDGEKEEPER_TOKEN to a token of the scope bridge that "
              "is valid for agent "
            + agent + ", or name a file that has one with --token-file."};
  if (!registered && (end.code == not_registered || end.code == invalid_frame))
    return {exit_code::refused,
            said(server + " did not accept the registration of " + agent)
                + ". Check --id, --capability and --workdir."};
  if (end.code == asked_to_leave
      && end.reason == sentence(errc::heartbeat_timeout))
    return {{},
            server
                + " closed the connection: it received nothing from this "
                  "bridge for too long"};
  if (end.code == registered_again)
    return {{},
            server
                + " closed the connection, because this bridge has registered "
                  "on another one"};
  if (end.code == 0)
    return {{}, said("the connection to " + server + " ended")};
  return {{},
          said(server + " closed the connection (" + std::to_string(end.code)
               + ")")};
}

} // namespace bridgekeeper::app
