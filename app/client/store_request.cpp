#include "app/client/store_request.hpp"

#include "app/client/control_client.hpp"
#include "app/text/utf8_text.hpp"
#include "protocol/codec.hpp"
#include "protocol/json_writer.hpp"

#include <utility>

namespace bridgekeeper::app {

namespace {

store_answer post(const server_access& access, const std::string& target,
                  std::string body) {
  net::http_call_options call;
  call.server = access.address.server;
  call.target = access.address.target(target);
  call.authorization = "Bearer " + access.token;
  call.body = std::move(body);
  call.tls = access.tls;
  return explain_store_reply(net::post_json(std::move(call)),
                             to_string(access.address.server), target);
}

} // namespace

store_answer request_backup(const server_access& access,
                            const std::string& file) {
  return post(access, "/control/store/backup",
              protocol::json_writer{}.string("file", file).finish());
}

store_answer request_vacuum(const server_access& access) {
  return post(access, "/control/store/vacuum", "{}");
}

store_answer explain_store_reply(const net::http_reply& reply,
                                 const std::string& server,
                                 const std::string& target) {
  if (reply.status == 200)
    return {};
  auto detail =
      printable(protocol::string_member(json_object{reply.text}, "detail"));
  auto is_about_the_token = reply.status == 401 || reply.status == 403
                            || detail == sentence(errc::auth_not_configured);
  if (reply.status == 0 || is_about_the_token) {
    net::websocket_end end;
    end.http_status = reply.status;
    end.reason = reply.text;
    end.untrusted = reply.untrusted;
    auto loss = explain(end, server);
    return {loss.code, std::move(loss.sentence)};
  }
  if (reply.status == 404 || reply.status == 405)
    return {exit_code::failure,
            "The daemon at " + server
                + " uses the store, and its version has no POST " + target
                + ". Stop the daemon and run the command again."};
  return {exit_code::failure,
          detail.empty()
              ? "The daemon at " + server + " responded with HTTP "
                    + std::to_string(reply.status) + " to POST " + target + "."
              : "The daemon at " + server + " did not do it: " + detail};
}

} // namespace bridgekeeper::app
