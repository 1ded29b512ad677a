#include "api/dispatching.hpp"

#include "domain/sha256.hpp"
#include "protocol/json_document.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/task_content.hpp"

#include <nlohmann/json.hpp>

namespace bridgekeeper::api {

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
  order.options = body.options;
  order.timeout = body.options.timeout.value_or(options.default_timeout);
  order.queue_timeout =
      body.options.queue_timeout.value_or(options.default_timeout);
  order.from = std::move(from);
  return order;
}

idempotency_key make_key(std::string text, const dispatch_order& order,
                         const std::string& token_label) {
  const auto& task = order.task;
  // The order of the context's members does not matter.
  auto context = protocol::parse_json_document(task.context.str());
  auto body = protocol::json_writer{}
                  .string("agent_id", task.agent.str())
                  .string("content", task.content)
                  .raw("context", context.dump())
                  .number("timeout_ms", std::int64_t{order.timeout.count()})
                  .finish();
  return {token_label, std::move(text), sha256_hex(body),
          wall_clock_now() + idempotency_key_time};
}

} // namespace bridgekeeper::api
