#include "app/client/fleet_request.hpp"

#include "app/text/utf8_text.hpp"
#include "domain/limits.hpp"
#include "protocol/json_document.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <thread>

namespace bridgekeeper::app {

namespace {

using nlohmann::json;
using protocol::text_member;

constexpr std::chrono::milliseconds poll_interval{300};

std::string_view verb_of(agent_duty x) noexcept {
  switch (x) {
  case agent_duty::working:
    break;
  case agent_duty::cordoned:
    return "cordon";
  case agent_duty::draining:
    return "drain";
  }
  return "uncordon";
}

std::string_view state_of(agent_duty x) noexcept {
  return x == agent_duty::working ? "uncordoned" : to_string(x);
}

std::string agents_path(const std::optional<std::string>& agent) {
  return agent ? "/control/agents/" + percent_encoded(*agent)
               : std::string{"/control/agents"};
}

/// Waits until none of these links is left.
fleet_answer await_end(const server_access& access,
                       const std::optional<std::string>& agent,
                       const fleet_links& before) {
  auto server = to_string(access.address.server);
  auto path = agents_path(agent);
  for (;;) {
    auto reply = ask_daemon(access, path);
    // A drained agent that was forgotten meanwhile is not connected either.
    if (reply.loss || (reply.status != 200 && reply.status != 404))
      return explain_duty(reply, server, agent, agent_duty::draining);
    auto now = reply.status == 200 ? links_of(reply.body) : fleet_links{};
    // A bridge may be back already, on another link.
    auto is_left = [&now](const auto& link) {
      auto found = now.find(link.first);
      return found != now.end() && found->second == link.second;
    };
    if (std::none_of(before.begin(), before.end(), is_left))
      return {exit_code::ok, agent
                                 ? "Agent " + printable(*agent) + " is drained."
                                 : "All agents are drained."};
    std::this_thread::sleep_for(poll_interval);
  }
}

} // namespace

std::string duty_path(const std::optional<std::string>& agent,
                      agent_duty duty) {
  return agents_path(agent) + "/" + std::string{verb_of(duty)};
}

fleet_answer change_duty(const server_access& access,
                         const std::optional<std::string>& agent,
                         agent_duty duty, bool waits) {
  auto server = to_string(access.address.server);
  fleet_links before;
  if (waits) {
    auto reply = ask_daemon(access, agents_path(agent));
    if (reply.status != 200)
      return explain_duty(reply, server, agent, duty);
    before = links_of(reply.body);
  }
  auto out = explain_duty(tell_daemon(access, duty_path(agent, duty)), server,
                          agent, duty);
  if (out.code != exit_code::ok || !waits)
    return out;
  return await_end(access, agent, before);
}

fleet_answer explain_duty(const daemon_reply& reply, const std::string& server,
                          const std::optional<std::string>& agent,
                          agent_duty duty) {
  if (reply.loss)
    return {reply.loss->code, reply.loss->sentence};
  auto state = std::string{state_of(duty)};
  if (reply.status == 200 && agent)
    return {exit_code::ok, "Agent " + printable(*agent) + " is " + state + "."};
  if (reply.status == 200) {
    auto body = protocol::parse_json_document(reply.body);
    auto count = body.is_object() ? body.value("agents", std::int64_t{0}) : 0;
    return {exit_code::ok, "All agents are " + state + " ("
                               + std::to_string(count) + " changed)."};
  }
  if (reply.status == 404 && agent
      && error_detail(reply.body) == sentence(errc::unknown_agent))
    return {exit_code::failure, "No agent is called " + printable(*agent)
                                    + ". List the agents with: bridgekeeper "
                                      "agents"};
  return {exit_code::failure,
          describe_refusal(reply, server, "POST " + duty_path(agent, duty))};
}

fleet_links links_of(const std::string& body) {
  fleet_links out;
  auto tree = protocol::parse_json_document(body, max_wrapped_json_depth);
  auto add = [&out](const json& view) {
    if (view.is_object() && text_member(view, "status") == "connected")
      out.emplace(text_member(view, "agent_id"),
                  text_member(view, "connected_at"));
  };
  if (!tree.is_object())
    return out;
  if (auto one = tree.find("agent"); one != tree.end())
    add(*one);
  if (auto all = tree.find("agents"); all != tree.end() && all->is_array())
    for (const auto& view : *all)
      add(view);
  return out;
}

} // namespace bridgekeeper::app
