#include "app/bridge/task_variables.hpp"

#include "protocol/trace_json.hpp"

#include <utility>

namespace bridgekeeper::app {

task_environment::variables own_variables(const dispatch& what,
                                          std::size_t slot) {
  // Set even if there is no session: a bridge may run inside a task.
  task_environment::variables out{
      {"BRIDGEKEEPER_MESSAGE_ID", what.message.str()},
      {"BRIDGEKEEPER_AGENT_ID", what.agent.str()},
      {"BRIDGEKEEPER_CONTEXT", what.context.str()},
      {"BRIDGEKEEPER_SLOT", std::to_string(slot)},
      {"BRIDGEKEEPER_AGENT_SESSION_ID",
       what.terms ? what.terms->agent_session_id : std::string{}}};
  auto trace = protocol::trace_of(what.context);
  if (!trace.empty())
    out.emplace_back("TRACEPARENT", std::move(trace.parent));
  if (!trace.state.empty())
    out.emplace_back("TRACESTATE", std::move(trace.state));
  return out;
}

} // namespace bridgekeeper::app
