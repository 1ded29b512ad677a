// A dispatch in every order of events, as it is, and with defects, each of
// which must break a promise.

#include "store/slow/dispatch_model.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace bridgekeeper::test::modelled;

namespace {

std::string explore(bool resumes, defect wrong, int attempts) {
  model aut{resumes, wrong, attempts};
  auto out = aut.explore();
  MESSAGE(aut.states(), " states: ", out.empty() ? "every promise kept" : out);
  return out;
}

} // namespace

TEST_CASE("every promise is kept in every order of events") {
  CHECK(explore(true, defect::none, 1) == "");
  CHECK(explore(true, defect::none, 2) == "");
  CHECK(explore(false, defect::none, 2) == "");
}

TEST_CASE("every defect breaks a promise") {
  for (auto wrong : {defect::send_first, defect::answer_first, defect::no_guard,
                     defect::requeue_sent}) {
    CAPTURE(static_cast<int>(wrong));
    CHECK(explore(true, wrong, 2) != "");
    CHECK(explore(false, wrong, 2) != "");
  }
  CHECK(explore(true, defect::ack_first, 1) != "");
  CHECK(explore(true, defect::no_instance, 1) != "");
  CHECK(explore(false, defect::no_attempt_id, 2) != "");
}
