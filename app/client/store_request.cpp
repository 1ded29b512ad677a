#include "app/client/store_request.hpp"

#include "domain/errc.hpp"
#include "protocol/json_writer.hpp"

#include <utility>

namespace bridgekeeper::app {

namespace {

store_answer post(const server_access& access, const std::string& target,
                  std::string body) {
  auto reply = tell_daemon(access, target, std::move(body),
                           std::chrono::milliseconds{0});
  return explain_store_reply(reply, to_string(access.address.server), target);
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

store_answer request_erasure(const server_access& access,
                             const std::string& dispatch,
                             const std::string& agent) {
  protocol::json_writer body;
  dispatch.empty() ? body.string("agent_id", agent)
                   : body.string("message_id", dispatch);
  return post(access, "/control/store/erase", body.finish());
}

store_answer explain_store_reply(const daemon_reply& reply,
                                 const std::string& server,
                                 const std::string& target) {
  if (reply.status == 200)
    return {};
  if (reply.loss)
    return {reply.loss->code, reply.loss->sentence};
  auto is_unknown_route =
      reply.status == 405
      || (reply.status == 404
          && error_detail(reply.body) == sentence(errc::unknown_route));
  if (is_unknown_route)
    return {exit_code::failure,
            "The daemon at " + server
                + " uses the store, and its version has no POST " + target
                + ". Stop the daemon and run the command again."};
  auto detail = error_detail(reply.body);
  return {exit_code::failure,
          detail.empty()
              ? "The daemon at " + server + " responded with HTTP "
                    + std::to_string(reply.status) + " to POST " + target + "."
              : "The daemon at " + server + " did not do it: " + detail};
}

} // namespace bridgekeeper::app
