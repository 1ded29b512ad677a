#include "actors/message_name.hpp"

#include <caf/atom.hpp>
#include <caf/error.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/system_messages.hpp>

namespace bridgekeeper::actors {

std::string message_name(const caf::mailbox_element& x) {
  const auto& content = x.content();
  if (content.empty())
    return x.mid.is_response() ? "response" : "unknown";
  if (content.match_element<caf::error>(0))
    return "error";
  if (x.mid.is_response())
    return "response";
  if (content.match_element<caf::atom_value>(0))
    return caf::to_string(content.get_as<caf::atom_value>(0));
  if (content.match_element<caf::down_msg>(0))
    return "down";
  return content.match_element<caf::exit_msg>(0) ? "exit" : "unknown";
}

} // namespace bridgekeeper::actors
