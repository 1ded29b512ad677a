#include "app/client/control_client.hpp"

#include "app/client/client_token.hpp"
#include "app/client/unreachable_daemon.hpp"
#include "app/text/utf8_text.hpp"
#include "protocol/codec.hpp"

#include <cctype>

namespace bridgekeeper::app {

namespace {

net::websocket_client_options make_options(const server_access& access) {
  net::websocket_client_options out;
  out.server = access.address.server;
  out.target = access.address.target("/ws/control");
  out.authorization = "Bearer " + access.token;
  out.tls = access.tls;
  // The list of all agents is a single frame, and there may be very many.
  out.max_frame_bytes = std::size_t{256} * 1024 * 1024;
  return out;
}

/// Makes a system error message such as `Connection refused` fit into a
/// sentence. Abbreviations such as `TLS` keep their capitals.
std::string lower_first(std::string text) {
  if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0)
    text[0] =
        static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

/// The `detail` of an HTTP error's body; empty if there is none.
std::string detail_of(const std::string& body) {
  return printable(protocol::string_member(json_object{body}, "detail"));
}

control_loss explain_refusal(const net::websocket_end& end,
                             const std::string& server) {
  auto status = std::to_string(end.http_status);
  auto detail = detail_of(end.reason);
  auto reason = detail.empty() ? std::string{} : " (" + detail + ")";
  if (end.http_status == 500 && detail == sentence(errc::auth_not_configured))
    return {exit_code::unauthenticated, no_token_at(server), {}};
  // A 403 with a detail comes from the daemon and names the missing scope. A
  // 403 without one may come from a proxy.
  if (end.http_status == 403 && !detail.empty())
    return {exit_code::unauthenticated,
            "Bridgekeeper at " + server + " does not accept the token" + reason
                + ". Set BRIDGEKEEPER_TOKEN to a token with that scope, or "
                  "name a file that has one with --token-file.",
            {}};
  switch (end.http_status) {
  case 401:
  case 403:
    return {exit_code::unauthenticated,
            "Bridgekeeper at " + server + " does not accept the token" + reason
                + ". Set BRIDGEKEEPER_TOKEN to a valid token, or name a file "
                  "that has one with --token-file.",
            {}};
  case 429:
  case 503:
    return {
        exit_code::unreachable,
        "Bridgekeeper at " + server
            + " is not accepting connections at the moment" + reason
            + ". Try again"
            + (end.retry_after
                   ? " in " + std::to_string(end.retry_after->count()) + " s."
                   : " later."),
        end.retry_after};
  case 426:
    return {exit_code::unreachable,
            "Bridgekeeper at " + server
                + " received no WebSocket upgrade (HTTP 426): a proxy in "
                  "between dropped it. Configure the proxy to use HTTP/1.1 and "
                  "to pass on the headers Upgrade and Connection.",
            {}};
  default:
    return {exit_code::unreachable,
            server + " responded with HTTP " + status + reason
                + " to /ws/control. Is Bridgekeeper listening there? Set "
                  "Bridgekeeper's address with --url.",
            {}};
  }
}

} // namespace

control_loss explain(const net::websocket_end& end, const std::string& server) {
  if (end.http_status != 0)
    return explain_refusal(end, server);
  if (end.untrusted)
    return {exit_code::unreachable,
            "Bridgekeeper at " + server
                + " is not trusted: " + printable(end.reason) + ".",
            {}};
  auto reason = printable(lower_first(end.reason));
  if (!end.was_open)
    return {exit_code::unreachable,
            "Cannot reach Bridgekeeper at " + server + ": " + reason + ". "
                + advice_for_unreachable(server, end.reason),
            {}};
  if (end.code == describe(errc::too_large).close_code)
    return {exit_code::dispatch_error,
            "Bridgekeeper at " + server
                + " rejected the message as too large. Its limit is "
                  "http.max_body_bytes.",
            {}};
  auto text = "The connection to Bridgekeeper at " + server + " ended";
  if (end.code != 0)
    text += " with close code " + std::to_string(end.code);
  return {exit_code::unreachable,
          reason.empty() ? text + "." : text + ": " + reason + ".",
          {}};
}

control_client::control_client(boost::asio::io_context& context,
                               const server_access& access, handlers callbacks)
  : socket_(
      context, make_options(access),
      {std::move(callbacks.on_open),
       [on_answer = std::move(callbacks.on_answer)](std::string_view frame) {
         // Frames that this version does not know, from a newer daemon, are
         // ignored.
         if (auto answer = decode_answer(frame))
           on_answer(std::move(*answer), frame);
       },
       {},
       [on_loss = std::move(callbacks.on_loss),
        server = to_string(access.address.server)](
           const net::websocket_end& end) { on_loss(explain(end, server)); }}) {
}

} // namespace bridgekeeper::app
