#include "actors/teller_text.hpp"

namespace bridgekeeper::actors {

std::string of_token(const origin& x) {
  return x.token.empty() ? std::string{} : " (token " + x.token + ")";
}

std::string_view detail_or_sentence(std::string_view detail, errc why) {
  return detail.empty() ? sentence(why) : detail;
}

std::string_view done_by_operator(agent_duty x) {
  switch (x) {
  case agent_duty::working:
    return "uncordoned";
  case agent_duty::cordoned:
    return "cordoned";
  case agent_duty::draining:
    break;
  }
  return "drained";
}

std::string_view at_console(fact::gate x) {
  return x == fact::gate::console ? " at the console" : "";
}

} // namespace bridgekeeper::actors
