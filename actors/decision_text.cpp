#include "actors/decision_text.hpp"

#include "actors/teller_text.hpp"
#include "domain/timestamp.hpp"

#include <utility>

namespace bridgekeeper::actors {

decision make_note(decision_topic about, std::string text) {
  return {.at = wall_clock_now(), .topic = about, .text = std::move(text)};
}

decision because(decision_topic about, errc why, std::string text) {
  return make_decision(wall_clock_now(), about, why, std::move(text));
}

std::string at_address(const origin& x) {
  return x.ip.empty() ? std::string{} : " at " + x.ip;
}

std::string sender(const origin& x) {
  return (x.ip.empty() ? std::string{} : " from " + x.ip) + of_token(x);
}

} // namespace bridgekeeper::actors
