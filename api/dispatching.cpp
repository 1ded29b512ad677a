#include "api/dispatching.hpp"

#include "protocol/task_content.hpp"

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
  order.timeout = body.timeout.value_or(options.default_timeout);
  order.from = std::move(from);
  return order;
}

} // namespace bridgekeeper::api
