#include "app/text/explanation_text.hpp"

#include <algorithm>
#include <string_view>

namespace bridgekeeper::app {

namespace {

/// As wide as the time of a step and the blanks after it.
constexpr std::string_view indent = "                      ";

std::string step_text(const decision& x, bool has_advice) {
  std::string out{x.at == timestamp{} ? indent.substr(2)
                                      : to_iso8601_seconds(x.at)};
  out += "  " + x.text;
  if (x.why)
    out += " [" + std::string{token(*x.why)} + ']';
  out += '\n';
  if (x.times > 1)
    out.append(indent) += std::to_string(x.times) + " times since "
                          + to_iso8601_seconds(x.since) + '\n';
  if (!x.rule.empty())
    out.append(indent) += "Rule: " + x.rule + '\n';
  if (!x.setting.empty())
    out.append(indent) += "Setting: " + x.setting
                          + (x.value.empty() ? "" : " = " + x.value) + '\n';
  if (has_advice)
    out.append(indent) += "Advice: " + x.next + '\n';
  return out;
}

/// Whether a step advises something that is not among what to do now.
bool has_past_advice(const decision& step, const explanation& x) {
  return !step.next.empty()
         && std::find(x.next.begin(), x.next.end(), step.next) == x.next.end();
}

} // namespace

std::string explanation_text(const explanation& x) {
  auto out = x.summary + "\n\n";
  for (const auto& step : x.steps)
    out += step_text(step, has_past_advice(step, x));
  if (x.next.empty())
    return out;
  out += "\nWhat to do next:\n";
  for (const auto& advice : x.next)
    out += "* " + advice + '\n';
  return out;
}

} // namespace bridgekeeper::app
