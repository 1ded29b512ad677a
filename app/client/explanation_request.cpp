#include "app/client/explanation_request.hpp"

#include "app/client/daemon_call.hpp"
#include "app/text/utf8_text.hpp"
#include "protocol/json_document.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace bridgekeeper::app {

namespace {

constexpr std::size_t uuid_length = 36;

std::optional<errc> reason_called(std::string_view name) {
  for (const auto& x : all_reasons())
    if (x.token == name)
      return x.code;
  return std::nullopt;
}

/// The routes to ask, the most likely one first.
std::vector<std::string> routes_for(const std::string& id) {
  auto path = percent_encoded(id);
  auto agent = "/control/agents/" + path + "/explain";
  auto dispatch = "/control/dispatches/" + path + "/explain";
  auto reason = "/control/reasons/" + path + "/explain";
  // Some reasons, such as `internal`, could also be the id of an agent.
  if (reason_called(id))
    return is_valid_agent_id(id) ? std::vector{agent, reason}
                                 : std::vector{reason};
  return id.size() == uuid_length ? std::vector{dispatch, agent}
                                  : std::vector{agent, dispatch};
}

decision step_of(const nlohmann::json& x) {
  using protocol::text_member;
  decision out;
  if (auto at = parse_iso8601(text_member(x, "at")))
    out.at = *at;
  out.text = text_member(x, "text");
  out.why = reason_called(text_member(x, "reason"));
  out.rule = text_member(x, "rule");
  out.setting = text_member(x, "setting");
  out.value = text_member(x, "value");
  out.next = text_member(x, "advice");
  if (auto times = x.find("times");
      times != x.end() && times->is_number_unsigned())
    out.times = times->get<std::uint64_t>();
  if (auto since = parse_iso8601(text_member(x, "since")))
    out.since = *since;
  return out;
}

} // namespace

result<explanation> decode_explanation(std::string_view body) {
  auto json =
      protocol::parse_json_document(std::string{body}, max_wrapped_json_depth);
  if (!json.is_object() || !json.contains("steps") || !json["steps"].is_array()
      || !json.contains("next") || !json["next"].is_array())
    return failure{errc::invalid_message,
                   "the daemon sent an explanation that cannot be read"};
  explanation out;
  out.id = protocol::text_member(json, "id");
  out.summary = protocol::text_member(json, "summary");
  auto kind = protocol::text_member(json, "kind");
  for (auto x : {explained_kind::agent, explained_kind::dispatch,
                 explained_kind::reason})
    if (to_string(x) == kind)
      out.kind = x;
  for (const auto& step : json["steps"])
    if (step.is_object())
      out.steps.push_back(step_of(step));
  for (const auto& advice : json["next"])
    if (advice.is_string())
      out.next.push_back(advice.get<std::string>());
  return out;
}

found_explanation find_explanation(const server_access& access,
                                   const std::string& id) {
  auto server = to_string(access.address.server);
  std::string unknown;
  for (const auto& route : routes_for(id)) {
    auto reply = ask_daemon(access, route);
    if (reply.loss)
      return missing_explanation{reply.loss->code, reply.loss->sentence};
    if (reply.status == 200) {
      auto parsed = decode_explanation(reply.body);
      if (!parsed)
        return missing_explanation{exit_code::failure,
                                   "The daemon at " + server + ": "
                                       + to_string(parsed.error()) + '.'};
      return received_explanation{std::move(*parsed), std::move(reply.body)};
    }
    // An id that cannot be an agent's may be that of a dispatch.
    if (reply.status != 404 && reply.status != 400)
      return missing_explanation{
          exit_code::failure, describe_refusal(reply, server, "GET " + route)};
    // Of several answers, one that is not only "not found" says more.
    auto detail = error_detail(reply.body);
    if (unknown.empty() || detail.starts_with("Several"))
      unknown = detail;
  }
  return missing_explanation{
      exit_code::failure,
      (unknown.starts_with("Several")
           ? unknown + ". Give more characters of the id."
           : "Bridgekeeper knows neither an agent nor a dispatch "
                 + printable(id)
                 + ". List them with `bridgekeeper agents` and `bridgekeeper "
                   "dispatches`. Was a request refused without an id? Then "
                   "explain its reason, such as: bridgekeeper explain "
                   "rate_limited")};
}

} // namespace bridgekeeper::app
