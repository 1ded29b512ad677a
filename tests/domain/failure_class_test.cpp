#include "domain/failure_class.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace bridgekeeper;

TEST_CASE("a class of failures has a name, a number and a sentence") {
  std::set<std::string_view> sentences;
  for (auto x : failure_classes()) {
    CAPTURE(to_string(x));
    CHECK(to_failure_class(to_string(x)) == x);
    CHECK(to_failure_class(static_cast<std::int64_t>(x)) == x);
    CHECK_FALSE(sentence(x).ends_with('.'));
    sentences.insert(sentence(x));
  }
  CHECK(sentences.size() == failure_classes().size());
  CHECK(to_string(failure_class::rate_limited) == "rate_limited");
  CHECK(to_string(failure_class::no_session) == "no_session");
}

TEST_CASE("a class of another version is none") {
  CHECK_FALSE(to_failure_class("unknown"));
  CHECK_FALSE(to_failure_class(""));
  CHECK_FALSE(to_failure_class(std::int64_t{0}));
  CHECK_FALSE(to_failure_class(std::int64_t{10}));
  CHECK(to_string(static_cast<failure_class>(99)) == "unknown");
}

TEST_CASE("a set of classes has those that were added") {
  failure_class_set aut;
  CHECK(aut == failure_class_set{});
  aut.add(failure_class::idle);
  aut.add(failure_class::no_session);
  for (auto x : failure_classes())
    CHECK(aut.contains(x)
          == (x == failure_class::idle || x == failure_class::no_session));
}
