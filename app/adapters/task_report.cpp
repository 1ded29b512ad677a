#include "app/adapters/task_report.hpp"

#include "app/adapters/agent_json.hpp"
#include "app/adapters/error_reason.hpp"
#include "app/adapters/plain_text.hpp"
#include "domain/limits.hpp"
#include "protocol/json_document.hpp"

#include <nlohmann/json.hpp>

#include <iterator>

namespace bridgekeeper::app {

namespace {

using nlohmann::json;

/// Whether the daemon reads the member as an amount.
bool is_amount_name(std::string_view name) {
  return name.ends_with("_tokens") || name.ends_with("cost_usd")
         || name == "usd_cost" || name == "cost";
}

/// Removes amounts that are not amounts. Other members are passed on.
void drop_invalid(json& usage) {
  for (auto i = usage.begin(); i != usage.end();) {
    auto is_invalid =
        is_amount_name(i.key()) && !amount_of(usage, i.key()).has_value();
    i = is_invalid ? usage.erase(i) : std::next(i);
  }
}

bool is_session_label(const std::string& x) {
  return x.size() <= max_label_length && plain_text(x) == x
         && x.find_first_of("\n\t") == std::string::npos;
}

/// What a person should know of a session that was perhaps not continued; empty
/// if it was.
std::string session_warning(agent_kind agent, std::string_view session,
                            const asked_session& asked) {
  if (asked.id.empty() || asked.id == session)
    return {};
  // A script finds the session in its environment.
  if (!asked.was_passed_on && agent != agent_kind::command)
    return "the agent was not told to continue the session "
           + plain_text(asked.id);
  // Claude may continue a session under another id.
  if (!session.empty() && agent != agent_kind::claude)
    return "the agent has not continued the session " + plain_text(asked.id);
  return {};
}

json strings_json(const std::vector<std::string>& x) {
  return json(x);
}

} // namespace

json_object usage_of(const agent_findings& found, session_totals* totals,
                     const std::string& origin) {
  auto usage = protocol::parse_json_document(found.usage.str());
  if (!usage.is_object())
    usage = json::object();
  drop_invalid(usage);
  auto amounts = totals ? totals->advance(found.session, found.totals, origin)
                        : found.totals;
  for (const auto& [name, amount] : amounts)
    usage[name] = number_json(amount);
  auto text = json_text(usage);
  return text.size() > max_object_length ? json_object{}
                                         : json_object{std::move(text)};
}

response_details details_of(agent_kind agent, const agent_findings& found,
                            const task_verdict& verdict,
                            const asked_session& asked,
                            std::string_view errors) {
  response_details out;
  if (is_session_label(found.session))
    out.agent_session_id = found.session;
  out.failure = verdict.failure;
  out.retry_at = verdict.retry_at;
  if (verdict.error)
    out.error_detail = plain_end(errors, max_error_detail_length);
  auto warnings = found.warnings;
  if (verdict.warning)
    warnings.push_back(*verdict.warning);
  if (auto text = session_warning(agent, found.session, asked); !text.empty())
    warnings.push_back(std::move(text));
  json metadata(json::value_t::object);
  if (agent != agent_kind::command)
    metadata["agent"] = to_string(agent);
  if (!found.model.empty() && found.model.size() <= max_label_length)
    metadata["model"] = plain_text(found.model);
  if (found.turns)
    metadata["num_turns"] = *found.turns;
  if (!found.denials.empty())
    metadata["permission_denials"] = strings_json(found.denials);
  if (!warnings.empty())
    metadata["warnings"] = strings_json(warnings);
  if (!metadata.empty())
    out.metadata = json_object{json_text(metadata)};
  return out;
}

} // namespace bridgekeeper::app
