#include "app/client/store_request.hpp"

#include "domain/errc.hpp"
#include "protocol/codec.hpp"
#include "protocol/json_writer.hpp"

#include <utility>

namespace bridgekeeper::app {

namespace {

/// What to do about a refusal, if there is something to do.
std::string_view next_step(const std::string& body) {
  auto code = protocol::string_member(json_object{body}, "code");
  if (code == token(errc::not_ended))
    return ". Find what has not ended with: bridgekeeper dispatches --state "
           "unfinished";
  if (code == token(errc::agent_still_connected))
    return ". Stop its bridge first.";
  if (code == token(errc::unknown_agent))
    return ". List the agents with: bridgekeeper agents";
  if (code == token(errc::unknown_dispatch))
    return ". List the dispatches with: bridgekeeper dispatches";
  return {};
}

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

store_answer request_erasure(const server_access& access, std::string& dispatch,
                             const std::string& agent) {
  constexpr const char* target = "/control/store/erase";
  protocol::json_writer body;
  dispatch.empty() ? body.string("agent_id", agent)
                   : body.string("message_id", dispatch);
  auto reply =
      tell_daemon(access, target, body.finish(), std::chrono::milliseconds{0});
  auto out =
      explain_store_reply(reply, to_string(access.address.server), target);
  if (out.code == exit_code::ok && !dispatch.empty())
    dispatch = protocol::string_member(json_object{reply.body}, "message_id");
  return out;
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
              : "The daemon at " + server + " did not do it: " + detail
                    + std::string{next_step(reply.body)}};
}

} // namespace bridgekeeper::app
