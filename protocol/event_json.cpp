#include "protocol/event_json.hpp"

#include "domain/utf8.hpp"
#include "protocol/json_list.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/response_details.hpp"

namespace bridgekeeper::protocol {

namespace {

/// The parts of an event besides its envelope: a sentence for people and
/// metadata for programs.
struct rendering {
  std::string message;
  json_writer metadata;
};

struct renderer {
  const std::string& agent;

  [[nodiscard]] rendering start(std::string message) const {
    rendering out{std::move(message), {}};
    out.metadata.string("agent_id", agent);
    return out;
  }

  static void flag_cost(rendering& out, bool is_implausible) {
    if (is_implausible)
      out.metadata.flag("cost_implausible", true);
  }

  rendering operator()(const agent_connected& x) const {
    auto out = start("Agent " + agent + " connected");
    out.metadata.raw("capabilities", list_of(x.capabilities))
        .nullable("workdir", x.workdir)
        .number("incarnation", static_cast<std::int64_t>(to_number(x.number)));
    return out;
  }

  rendering operator()(const agent_disconnected& x) const {
    auto out = start("Agent " + agent + " disconnected");
    out.metadata.string("reason", token(x.reason));
    if (!x.detail.empty())
      out.metadata.string("detail", x.detail);
    return out;
  }

  rendering operator()(const task_dispatched& x) const {
    auto out = start((x.followup_to ? "Sent follow-up to agent "
                                    : "Dispatched task to agent ")
                     + agent);
    out.metadata.string("message_id", x.message.str());
    if (x.followup_to)
      out.metadata.string("followup_to", x.followup_to->str())
          .flag("is_followup", true);
    if (!x.traceparent.empty())
      out.metadata.string("traceparent", x.traceparent);
    return out;
  }

  rendering operator()(const agent_progress& x) const {
    auto out = start("Agent " + agent + " progress: " + x.report->status);
    out.metadata.string("message_id", x.report->message.str())
        .string("status", x.report->status)
        .string("progress_text", x.report->text);
    return out;
  }

  rendering operator()(const agent_response& x) const {
    auto out = start("Agent " + agent + " responded");
    out.metadata.string("message_id", x.result->message.str())
        .string("content", x.result->content)
        .number("content_length",
                static_cast<std::int64_t>(count_code_points(x.result->content)))
        .raw("usage", x.result->usage.str());
    flag_cost(out, x.cost_is_implausible);
    add_details(out.metadata, x.result->details);
    return out;
  }

  rendering operator()(const agent_error& x) const {
    auto out = start("Agent " + agent + " error: " + to_string(x.why));
    out.metadata.string("message_id", x.message.str())
        .string("error", to_string(x.why))
        .string("reason", token(x.why.code));
    flag_cost(out, x.cost_is_implausible);
    if (x.result)
      add_details(out.metadata, x.result->details);
    return out;
  }

  rendering operator()(const agent_heartbeat_lost& x) const {
    auto out = start("Agent " + agent + " heartbeat lost");
    auto seconds = std::chrono::duration<double>{x.timeout}.count();
    out.metadata.string("last_seen", to_iso8601(x.last_seen))
        .number("timeout", seconds);
    return out;
  }

  rendering operator()(const agent_conflict& x) const {
    auto out = start("Two bridges use the agent id " + agent);
    out.metadata.string("standing_ip", x.standing_ip)
        .string("newcomer_ip", x.newcomer_ip)
        .string("kept", x.newcomer_stands ? "newcomer" : "standing");
    return out;
  }

  rendering operator()(const late_result& x) const {
    auto out = start("Agent " + agent + " responded late");
    out.metadata.string("message_id", x.result->message.str())
        .string("content", x.result->content)
        .raw("usage", x.result->usage.str())
        .nullable("error", x.result->error);
    add_details(out.metadata, x.result->details);
    return out;
  }

  rendering operator()(const task_queued& x) const {
    auto out = start("Task waits for agent " + agent);
    out.metadata.string("message_id", x.message.str());
    return out;
  }

  rendering operator()(const task_cancelled& x) const {
    auto out = start("Task for agent " + agent + " was cancelled");
    out.metadata.string("message_id", x.message.str());
    return out;
  }

  rendering operator()(const task_sent& x) const {
    auto out = start("Sent task to agent " + agent);
    out.metadata.string("message_id", x.message.str())
        .number("attempt", std::int64_t{x.attempt});
    return out;
  }

  rendering operator()(const task_retrying& x) const {
    auto out = start("Task for agent " + agent
                     + " is tried again: " + to_string(x.why));
    out.metadata.string("message_id", x.message.str())
        .number("attempt", std::int64_t{x.attempt})
        .string("error", to_string(x.why))
        .string("reason", token(x.why.code))
        .string("retry_at", to_iso8601(x.not_before));
    return out;
  }

  rendering operator()(const cost_warning& x) const {
    auto out = start("Cost limit warning");
    out.metadata.string("message_id", x.message.str())
        .number("session_total", x.session_total.to_usd())
        .number("daily_total", x.daily_total.to_usd());
    return out;
  }
};

} // namespace

std::string encode(const event& x) {
  auto [message, metadata] = std::visit(renderer{x.agent.str()}, x.body);
  return encode_event(type_of(x), x.at, *x.session, message, metadata.finish());
}

std::string encode_event(std::string_view type, timestamp at,
                         const session_id& session, std::string_view message,
                         std::string_view metadata) {
  return json_writer{}
      .string("event_type", type)
      .string("timestamp", to_iso8601(at))
      .string("session_id", session.str())
      .string("message", message)
      .null("phase")
      .null("task_id")
      .raw("metadata", metadata)
      .finish();
}

shared_text_ptr text_of(const event& x) {
  if (auto known = x.text.find())
    return known;
  auto made = std::make_shared<const shared_text>(encode(x));
  x.text.remember(made);
  return made;
}

} // namespace bridgekeeper::protocol
