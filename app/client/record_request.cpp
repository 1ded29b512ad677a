#include "app/client/record_request.hpp"

#include "app/text/utf8_text.hpp"

#include <utility>

namespace bridgekeeper::app {

found_record find_record(const server_access& access, const std::string& id,
                         std::string_view wanted) {
  return read_record(ask_daemon(access, record_path(id)),
                     to_string(access.address.server), id, wanted);
}

found_record read_record(const daemon_reply& reply, const std::string& server,
                         const std::string& id, std::string_view wanted) {
  if (reply.loss)
    return missing_record{reply.loss->code, reply.loss->sentence};
  if (reply.status == 200) {
    auto record = decode_record(reply.body);
    if (record && !record->message_id.empty())
      return std::move(*record);
    return missing_record{exit_code::failure,
                          "The daemon at " + server
                              + " sent a record that cannot be read. Is "
                                "Bridgekeeper listening there?"};
  }
  if (reply.status != 404)
    return missing_record{
        exit_code::failure,
        describe_refusal(reply, server, "GET " + record_path(id)),
        reply.status == 503 || reply.status == 429};
  auto detail = error_detail(reply.body);
  std::string unknown{sentence(errc::unknown_dispatch)};
  auto advice =
      detail == unknown || detail.empty()
          ? "A daemon without a store remembers only the most recent "
            "dispatches (events.finished_dispatches) since it was started. "
            "List the dispatches of a store with: bridgekeeper dispatches"
          : "Give more characters of the id.";
  return missing_record{
      exit_code::dispatch_error,
      "Bridgekeeper has no " + std::string{wanted} + " dispatch "
          + printable(id) + ": " + (detail.empty() ? unknown : detail) + " ("
          + std::string{token(errc::unknown_dispatch)} + "). " + advice};
}

std::string record_path(const std::string& id) {
  return "/control/dispatches/" + percent_encoded(id);
}

} // namespace bridgekeeper::app
