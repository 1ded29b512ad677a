#include "domain/decision.hpp"

#include "domain/reason_guide.hpp"

#include <utility>

namespace bridgekeeper {

bool is_repetition(const decision& x, const decision& of) {
  return x.topic == of.topic && x.why == of.why && x.text == of.text
         && x.setting == of.setting && x.value == of.value;
}

std::size_t footprint(const decision& x) noexcept {
  return sizeof(decision) + x.text.size() + x.rule.size() + x.setting.size()
         + x.value.size() + x.next.size() + x.agent.str().size()
         + x.message.str().size();
}

decision make_decision(timestamp at, decision_topic topic, errc why,
                       std::string text) {
  const auto& guide = guide_to(why);
  return {.at = at,
          .topic = topic,
          .text = std::move(text),
          .why = why,
          .rule = std::string{guide.rule},
          .setting = std::string{guide.setting},
          .next = std::string{guide.next}};
}

} // namespace bridgekeeper
