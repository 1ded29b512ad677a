#include "app/client/daemon_call.hpp"

#include "app/text/utf8_text.hpp"
#include "protocol/codec.hpp"

#include <utility>

namespace bridgekeeper::app {

namespace {

daemon_reply make_reply(net::http_reply x, const server_access& access) {
  daemon_reply out;
  out.loss = explain_loss(x, to_string(access.address.server));
  out.status = x.status;
  out.body = std::move(x.text);
  return out;
}

} // namespace

net::http_call_options make_daemon_call(const server_access& access,
                                        std::string_view target) {
  net::http_call_options out;
  out.server = access.address.server;
  out.target = access.address.target(target);
  out.authorization = "Bearer " + access.token;
  out.tls = access.tls;
  // As much as on /ws/control: an agent's answer may be large.
  out.max_response_bytes = std::size_t{256} * 1024 * 1024;
  return out;
}

daemon_reply ask_daemon(const server_access& access, std::string_view target) {
  auto call = make_daemon_call(access, target);
  call.response_timeout = usual_response_timeout;
  return make_reply(net::get_json(std::move(call)), access);
}

daemon_reply tell_daemon(const server_access& access, std::string_view target,
                         std::string body, std::chrono::milliseconds timeout) {
  auto call = make_daemon_call(access, target);
  call.body = std::move(body);
  call.response_timeout = timeout;
  return make_reply(net::post_json(std::move(call)), access);
}

std::optional<control_loss> explain_loss(const net::http_reply& reply,
                                         const std::string& server) {
  auto is_about_the_token =
      reply.status == 401 || reply.status == 403
      || (reply.status == 500
          && error_detail(reply.text) == sentence(errc::auth_not_configured));
  if (reply.status != 0 && !is_about_the_token)
    return std::nullopt;
  net::websocket_end end;
  end.http_status = reply.status;
  end.reason = reply.text;
  end.untrusted = reply.untrusted;
  return explain(end, server);
}

std::string error_detail(const std::string& body) {
  return printable(protocol::string_member(json_object{body}, "detail"));
}

std::string describe_refusal(const daemon_reply& reply,
                             const std::string& server,
                             const std::string& request) {
  auto detail = error_detail(reply.body);
  if (!detail.empty() && reply.status != 404 && reply.status != 405)
    return "The daemon at " + server + " refused: " + detail + ".";
  return "The daemon at " + server + " responded with HTTP "
         + std::to_string(reply.status) + " to " + request
         + (reply.status == 404 || reply.status == 405
                ? ". It may be an older version, or another program."
                : ".");
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (auto c : text) {
    auto byte = static_cast<unsigned char>(c);
    auto is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z') || c == '-' || c == '_'
                    || c == '.' || c == '~';
    if (is_plain)
      out += c;
    else
      out.append({'%', digits[byte >> 4U], digits[byte & 15U]});
  }
  return out;
}

} // namespace bridgekeeper::app
