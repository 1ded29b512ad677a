#include "api/dispatching.hpp"

#include "actors/tell.hpp"
#include "domain/sha256.hpp"
#include "protocol/dispatch_options_codec.hpp"
#include "protocol/json_document.hpp"
#include "protocol/json_list.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/task_content.hpp"
#include "protocol/trace_json.hpp"

#include <nlohmann/json.hpp>

namespace bridgekeeper::api {

namespace {

/// Whether the client must change the request.
constexpr bool is_invalid_request(errc why) noexcept {
  return why == errc::unknown_dispatch || why == errc::invalid_message
         || why == errc::idempotency_conflict || why == errc::too_large;
}

} // namespace

result<dispatch_order> make_order(agent_id agent, protocol::dispatch_body body,
                                  const control_options& options,
                                  shared_session session, origin from) {
  auto content =
      protocol::clean_content(std::move(body.content), options.max_content);
  if (!content)
    return content.error();
  dispatch_order order;
  order.task.message = message_id{make_uuid_v7()};
  order.task.agent = std::move(agent);
  order.task.content = std::move(*content);
  order.task.context = std::move(body.context);
  order.task.session = std::move(session);
  order.followup_to = std::move(body.followup_to);
  order.require = std::move(body.require);
  order.options = body.options;
  order.timeout = body.options.timeout.value_or(options.default_timeout);
  order.queue_timeout =
      body.options.queue_timeout.value_or(options.default_timeout);
  order.from = std::move(from);
  order.trace = std::move(body.trace);
  return order;
}

trace_context find_trace(const net::http_request& x) {
  // With several headers, it is unknown which one is meant.
  if (x.header_count("traceparent") != 1)
    return {};
  return make_trace_context(
      x.header("traceparent"),
      x.header_count("tracestate") == 1 ? x.header("tracestate") : "");
}

void carry_trace(dispatch_order& order) {
  auto& context = order.task.context;
  context = protocol::with_trace(std::move(context), order.trace);
  order.trace = protocol::trace_of(context);
}

void note_refusal(thread_context& context, const dispatch_order& order,
                  const failure& why) {
  if (is_invalid_request(why.code))
    return;
  context.metrics.refused_dispatches.count(why.code);
  // Limits have lines of their own, which need no room here.
  if (why.code == errc::rate_limited || why.code == errc::cost_limit)
    return;
  auto now = context.deadlines.now();
  actors::tell(context, fact::dispatch_refused{
                            order.task, order.from, order.trace.parent, why,
                            context.dispatch_lines->admit(now)});
}

void note_draining(thread_context& context, const agent_id& agent,
                   const origin& from, trace_context trace) {
  dispatch_order order;
  if (is_valid_agent_id(agent.str()))
    order.task.agent = agent;
  order.task.session = context.control_session;
  order.from = from;
  order.trace = std::move(trace);
  note_refusal(context, order, {errc::draining, {}});
}

idempotency_key make_key(std::string text, const dispatch_order& order,
                         request_form form, const std::string& token_label) {
  const auto& task = order.task;
  // The order of the context's members does not matter.
  auto context = protocol::parse_json_document(task.context.str());
  protocol::json_writer body;
  body.string("agent_id", task.agent.str())
      .string("content", task.content)
      .raw("context", context.dump());
  // Without a name, it is the agent's newest dispatch, which changes.
  if (form == request_form::followup)
    body.flag("is_followup", true);
  if (order.followup_to)
    body.string("followup_to", order.followup_to->str());
  if (!order.require.empty())
    body.raw("require", protocol::list_of(order.require));
  // As requested: a request without a timeout is the same one after the
  // daemon's default has changed.
  if (auto options = protocol::encode_options(order.options); !options.empty())
    body.raw("options", options);
  return {token_label, std::move(text), sha256_hex(body.finish()),
          wall_clock_now() + idempotency_key_time};
}

std::optional<failure> check_options(const dispatch_options& x,
                                     const thread_context& context) {
  if (!x.level || context.store)
    return {};
  return failure{errc::invalid_message,
                 "durability: this daemon keeps nothing on disk "
                 "(store.durability is none)",
                 "durability", "value_error"};
}

failure foreign_followup(const message_id& earlier, const agent_id& agent) {
  return {errc::invalid_message,
          "followup_to: dispatch " + earlier.str() + " is not one of agent "
              + agent.str(),
          "followup_to", "value_error"};
}

} // namespace bridgekeeper::api
