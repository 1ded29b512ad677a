#include "app/daemon/daemon_options.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

// The headers of these options include CAF, so config.hpp cannot.
TEST_CASE("a default that the actors have as well is the same in both") {
  config values;
  auto agent = make_agent_options(values);
  actors::agent_options agents;
  CHECK(agent.register_timeout == agents.register_timeout);
  CHECK(agent.max_pending == agents.max_pending);
  CHECK(agent.max_pending_bytes == agents.max_pending_bytes);
  auto control = make_control_options(values, make_identity());
  api::control_options controls;
  CHECK(control.default_timeout == controls.default_timeout);
  CHECK(control.max_in_flight == controls.max_in_flight);
  auto supervisor = make_supervisor_options(values);
  actors::supervisor_options supervisors;
  CHECK(supervisor.monitor.tick == supervisors.monitor.tick);
  CHECK(values.server.output_bytes == api::default_output_bytes);
}
