#include "domain/trace_context.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;

namespace {

const std::string parent =
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

std::string with(std::size_t place, char x) {
  auto out = parent;
  out.at(place) = x;
  return out;
}

} // namespace

TEST_CASE("a traceparent of W3C Trace Context is valid") {
  CHECK(is_valid_traceparent(parent));
  CHECK(trace_id_of(parent) == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(trace_id_of("").empty());
}

TEST_CASE("an invalid traceparent is recognized") {
  CHECK_FALSE(is_valid_traceparent(""));
  CHECK_FALSE(is_valid_traceparent(parent.substr(1)));
  CHECK_FALSE(is_valid_traceparent(parent + "-"));
  CHECK_FALSE(is_valid_traceparent(parent + "-more"));
  CHECK_FALSE(is_valid_traceparent("ff" + parent.substr(2)));
  for (std::size_t i = 0; i < parent.size(); ++i) {
    CAPTURE(i);
    CHECK_FALSE(is_valid_traceparent(with(i, 'A')));
    CHECK_FALSE(is_valid_traceparent(with(i, '\n')));
  }
  CHECK_FALSE(is_valid_traceparent(
      "00-00000000000000000000000000000000-00f067aa0ba902b7-01"));
  CHECK_FALSE(is_valid_traceparent(
      "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"));
}

TEST_CASE("a traceparent of a later version may have more at its end") {
  auto later = "01" + parent.substr(2);
  CHECK(is_valid_traceparent(later));
  CHECK(is_valid_traceparent(later + "-more"));
  CHECK_FALSE(is_valid_traceparent(later + "more"));
  CHECK_FALSE(is_valid_traceparent(later + "-\n"));
  CHECK_FALSE(is_valid_traceparent(later + "-" + std::string(200, 'x')));
}

TEST_CASE("an invalid traceparent takes its tracestate with it") {
  CHECK(make_trace_context(parent, "a=1,b=2")
        == trace_context{parent, "a=1,b=2"});
  CHECK(make_trace_context("nonsense", "a=1") == trace_context{});
  // An invalid state says nothing about the trace itself.
  CHECK(make_trace_context(parent, "a=\x01") == trace_context{parent, ""});
  CHECK(make_trace_context(parent, std::string(max_tracestate + 1, 'a'))
        == trace_context{parent, ""});
}
