#include "app/bridge/task_variables.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

std::map<std::string, std::string> variables(const char* context) {
  dispatch task{
      message_id{"m-1"}, agent_id{"demo"}, "do it", json_object{context}, {}};
  auto list = own_variables(task, 1);
  return {list.begin(), list.end()};
}

} // namespace

TEST_CASE("a task gets the trace of its dispatch") {
  auto with_trace = variables(
      R"({"tracestate":"a=1","traceparent":)"
      R"("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"})");
  CHECK(with_trace["TRACEPARENT"]
        == "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  CHECK(with_trace["TRACESTATE"] == "a=1");
  CHECK_FALSE(variables("{}").contains("TRACEPARENT"));
  // A daemon that is not ours may pass on anything.
  CHECK_FALSE(
      variables(R"({"traceparent":"nonsense"})").contains("TRACEPARENT"));
}
