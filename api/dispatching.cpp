#include "api/dispatching.hpp"

#include "protocol/task_content.hpp"

namespace bridgekeeper::api {

result<dispatch_order_ptr>
make_order(agent_id agent, protocol::dispatch_body body,
           dispatch_observer observer, const control_options& options,
           shared_session session, origin from,
           std::shared_ptr<const std::atomic<bool>> requester_is_behind) {
  auto content =
      protocol::clean_content(std::move(body.content), options.max_content);
  if (!content)
    return content.error();
  dispatch_order order;
  order.task.message = message_id{make_uuid()};
  order.task.agent = std::move(agent);
  order.task.content = std::move(*content);
  order.task.context = std::move(body.context);
  order.task.session = std::move(session);
  order.timeout = body.timeout.value_or(options.default_timeout);
  order.from = std::move(from);
  order.observer = std::move(observer);
  order.requester_is_behind = std::move(requester_is_behind);
  return std::make_shared<const dispatch_order>(std::move(order));
}

} // namespace bridgekeeper::api
