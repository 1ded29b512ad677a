#include "app/client/cancellation.hpp"

#include "app/client/record_request.hpp"
#include "app/text/utf8_text.hpp"

#include <array>
#include <iostream>
#include <unistd.h>

namespace bridgekeeper::app {

namespace {

/// How a dispatch has ended: `completed`, `timed_out (timeout)`.
std::string end_of(const record_answer& x) {
  auto out = x.state.empty() ? x.status : x.state;
  if (!x.reason.empty() && x.reason != out)
    out += " (" + x.reason + ")";
  return printable(out);
}

cancellation too_late(const record_answer& x) {
  auto id = printable(x.message_id);
  return {exit_code::dispatch_error, "Dispatch " + id
                                         + " has already ended: " + end_of(x)
                                         + ". See: bridgekeeper result " + id};
}

} // namespace

cancellation cancel_dispatch(const server_access& access,
                             const std::string& id) {
  // An older daemon accepts short ids only in requests for records.
  auto found = find_record(access, id, "record of");
  if (auto why = std::get_if<missing_record>(&found))
    return {why->code, why->sentence};
  const auto& record = std::get<record_answer>(found);
  if (record.finished())
    return too_late(record);
  auto out = explain_cancel(
      tell_daemon(access, record_path(record.message_id) + "/cancel"),
      to_string(access.address.server), record.message_id);
  // Only a store keeps late results. Records without one have no state.
  auto may_answer = !record.state.empty() && record.state != "queued";
  if (out.code == exit_code::ok && may_answer)
    out.sentence += " If the agent still answers, this shows the answer: "
                    "bridgekeeper result "
                    + printable(record.message_id);
  return out;
}

cancellation explain_cancel(const daemon_reply& reply,
                            const std::string& server, const std::string& id) {
  if (reply.status == 200 || reply.status == 409)
    if (auto record = decode_record(reply.body);
        record && !record->message_id.empty()) {
      if (reply.status == 409)
        return too_late(*record);
      return {exit_code::ok,
              "Dispatch " + printable(record->message_id)
                  + (record->agent_id.empty()
                         ? std::string{}
                         : " to agent " + printable(record->agent_id))
                  + " was cancelled."};
    }
  if (reply.loss)
    return {reply.loss->code, reply.loss->sentence};
  return {
      exit_code::failure,
      describe_refusal(reply, server, "POST " + record_path(id) + "/cancel")};
}

void offer_cancellation(const server_access& access, const std::string& id) {
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDERR_FILENO) != 1)
    return;
  std::cerr << "Cancel the dispatch as well? [y/N] " << std::flush;
  std::string line;
  std::getline(std::cin, line);
  if (!is_yes(line))
    return;
  std::cerr << cancel_dispatch(access, id).sentence << std::endl;
}

bool is_yes(std::string_view line) {
  constexpr std::array<std::string_view, 4> answers{"y", "Y", "yes", "Yes"};
  auto first = line.find_first_not_of(" \t\r");
  if (first == line.npos)
    return false;
  line.remove_prefix(first);
  line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
  for (auto x : answers)
    if (line == x)
      return true;
  return false;
}

} // namespace bridgekeeper::app
