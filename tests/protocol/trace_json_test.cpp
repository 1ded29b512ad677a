#include "protocol/trace_json.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::protocol;

namespace {

const trace_context trace{
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "a=1"};

const std::string members =
    R"("traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",)"
    R"("tracestate":"a=1")";

std::string added(const char* context, const trace_context& x = trace) {
  return with_trace(json_object{context}, x).str();
}

} // namespace

TEST_CASE("a trace becomes two members of the context, and is found there") {
  CHECK(added("{}") == "{" + members + "}");
  CHECK(added(R"({"issue":17})") == "{" + members + R"(,"issue":17})");
  CHECK(added(" { \n} ") == "{" + members + " \n} ");
  for (auto context : {"{}", R"({"issue":17})", " { } "})
    CHECK(trace_of(json_object{added(context)}) == trace);
}

TEST_CASE("a context without a trace stays as it is") {
  CHECK(added(R"({"issue":17})", {}) == R"({"issue":17})");
  CHECK(trace_of(json_object{}).empty());
  CHECK(trace_of(json_object{R"({"a":{"traceparent":"b"}})"}).empty());
}

TEST_CASE("what a client writes into the context itself has precedence") {
  auto own = "{" + members + "}";
  trace_context other{"00-11111111111111111111111111111111-1111111111111111-00",
                      ""};
  CHECK(added(own.c_str(), other) == own);
  CHECK(added(R"({"traceparent":5})") == R"({"traceparent":5})");
  CHECK(trace_of(json_object{R"({"traceparent":5})"}).empty());
  CHECK(trace_of(json_object{R"({"traceparent":"nonsense"})"}).empty());
  CHECK(added(R"({"tracestate":"b=2"})")
        == R"({"traceparent":")" + trace.parent + R"(","tracestate":"b=2"})");
}
