#include "protocol/control_fields.hpp"

#include "domain/limits.hpp"

#include <utility>

namespace bridgekeeper::protocol {

namespace {

failure wrong_target(std::string_view field, std::string_view what,
                     std::string_view kind) {
  return {errc::invalid_message, std::string{field} + ": " + std::string{what},
          field, kind};
}

result<std::optional<message_id>> take_earlier(json_fields& fields) {
  if (!fields.has("followup_to"))
    return std::optional<message_id>{};
  auto text = fields.take_required("followup_to", max_label_length);
  if (!text)
    return text.error();
  return std::optional{message_id{std::move(*text)}};
}

} // namespace

result<std::string> take_text(json_fields& fields, std::string_view name,
                              std::size_t limit) {
  if (!fields.has(name))
    return failure{errc::invalid_message,
                   std::string{name} + ": expected a string, got nothing", name,
                   "missing"};
  return fields.take_string(name, limit);
}

result<dispatch_body> take_followup(json_fields& fields) {
  dispatch_body out;
  auto text = take_text(fields, "content");
  if (!text)
    return text.error();
  out.content = std::move(*text);
  auto options = take_options(fields);
  if (!options)
    return options.error();
  out.options = *options;
  auto followup_to = take_earlier(fields);
  if (!followup_to)
    return followup_to.error();
  out.followup_to = std::move(*followup_to);
  return out;
}

result<dispatch_body> take_body(json_fields& fields) {
  auto out = take_followup(fields);
  if (!out)
    return out;
  auto context = fields.take_object("context");
  if (!context)
    return context.error();
  out->context = std::move(*context);
  return out;
}

result<agent_id> take_agent(json_fields& fields) {
  auto text = fields.take_required("agent_id", max_label_length);
  if (!text)
    return text.error();
  if (!is_valid_agent_id(*text))
    return failure{errc::invalid_agent_id, {}, "agent_id"};
  return agent_id{std::move(*text)};
}

result<dispatch_target> take_target(json_fields& fields) {
  if (!fields.has("require")) {
    if (!fields.has("agent_id"))
      return wrong_target(
          "agent_id", "expected an agent id, or require instead, got nothing",
          "missing");
    auto agent = take_agent(fields);
    if (!agent)
      return agent.error();
    return dispatch_target{std::move(*agent), {}};
  }
  auto required =
      fields.take_strings("require", max_required, max_label_length);
  if (!required)
    return required.error();
  if (required->empty())
    return wrong_target("require", "expected at least one capability",
                        "too_short");
  for (const auto& capability : *required)
    if (capability.empty())
      return wrong_target("require", "expected non-empty strings",
                          "string_too_short");
  if (fields.has("agent_id"))
    return wrong_target("require", "expected only one of agent_id and require",
                        "value_error");
  if (fields.has("followup_to"))
    return wrong_target(
        "followup_to",
        "expected agent_id instead of require, because a follow-up "
        "goes to the agent of the earlier dispatch",
        "value_error");
  return dispatch_target{{}, std::move(*required)};
}

} // namespace bridgekeeper::protocol
