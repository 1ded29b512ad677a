#include "app/bridge/task_variables.hpp"

namespace bridgekeeper::app {

task_environment::variables own_variables(const dispatch& what,
                                          std::size_t slot) {
  task_environment::variables out{
      {"BRIDGEKEEPER_MESSAGE_ID", what.message.str()},
      {"BRIDGEKEEPER_AGENT_ID", what.agent.str()},
      {"BRIDGEKEEPER_CONTEXT", what.context.str()},
      {"BRIDGEKEEPER_SLOT", std::to_string(slot)}};
  if (what.terms && !what.terms->agent_session_id.empty())
    out.emplace_back("BRIDGEKEEPER_AGENT_SESSION_ID",
                     what.terms->agent_session_id);
  return out;
}

} // namespace bridgekeeper::app
