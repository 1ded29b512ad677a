#include "protocol/control_codec.hpp"
#include "protocol/error_json.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/response_details.hpp"

namespace bridgekeeper::protocol {

std::string encode_accepted(std::string_view id, const message_id& message,
                            const agent_id& agent) {
  json_writer out;
  out.string("type", "accepted")
      .string("id", id)
      .string("message_id", message.str());
  agent.str().empty() ? out.null("agent_id")
                      : out.string("agent_id", agent.str());
  return out.finish();
}

std::string encode_progress(std::string_view id, const progress& x) {
  return json_writer{}
      .string("type", "progress")
      .string("id", id)
      .string("message_id", x.message.str())
      .string("agent_id", x.agent.str())
      .string("status", x.status)
      .string("progress_text", x.text)
      .raw("metadata", x.metadata.str())
      .finish();
}

std::string encode_response(std::string_view id, const response& x,
                            std::chrono::duration<double> took) {
  json_writer out;
  out.string("type", "response")
      .string("id", id)
      .string("message_id", x.message.str())
      .string("agent_id", x.agent.str())
      .string("content", x.content)
      .raw("usage", x.usage.str())
      .nullable("error", x.error)
      .number("duration_s", took.count());
  add_details(out, x.details);
  return out.finish();
}

std::string encode_error(std::string_view id, const message_id* message,
                         const failure& why,
                         std::optional<std::chrono::seconds> retry_after) {
  json_writer out;
  out.string("type", "error").string("id", id);
  if (message != nullptr)
    out.string("message_id", message->str());
  else
    out.null("message_id");
  out.string("detail", headline(why));
  add_error_members(out, why.code, retry_after)
      // The older name of `retryable`.
      .flag("retry_helps", describe(why.code).retry_helps);
  if (auto text = hint(why); !text.empty())
    out.string("hint", text);
  return out.finish();
}

std::string encode_subscribed(std::string_view id) {
  return json_writer{}.string("type", "subscribed").string("id", id).finish();
}

std::string encode_event_head(std::string_view id, std::uint64_t sequence) {
  auto out = json_writer{}
                 .string("type", "event")
                 .string("id", id)
                 .number("sequence", static_cast<std::int64_t>(sequence))
                 .finish();
  // Remove the closing brace, because the event follows.
  out.pop_back();
  out += R"(,"event":)";
  return out;
}

std::string encode_gap(std::string_view id) {
  return json_writer{}.string("type", "gap").string("id", id).finish();
}

std::string encode_record(std::string_view id, std::string_view record) {
  return json_writer{}
      .string("type", "record")
      .string("id", id)
      .raw("record", record)
      .finish();
}

std::string encode_costs(std::string_view id, std::string_view costs) {
  return json_writer{}
      .string("type", "costs")
      .string("id", id)
      .raw("costs", costs)
      .finish();
}

std::string encode_forgotten(std::string_view id, const agent_id& agent) {
  return json_writer{}
      .string("type", "forgotten")
      .string("id", id)
      .string("agent_id", agent.str())
      .finish();
}

std::string encode_task(std::string_view id, std::string_view task) {
  return json_writer{}
      .string("type", "task")
      .string("id", id)
      .raw("task", task)
      .finish();
}

std::string encode_agents(std::string_view id, std::string_view agents,
                          std::size_t total) {
  return json_writer{}
      .string("type", "agents")
      .string("id", id)
      .raw("agents", agents)
      .number("total", static_cast<std::int64_t>(total))
      .finish();
}

} // namespace bridgekeeper::protocol
