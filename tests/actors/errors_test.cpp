#include "actors/failure_errors.hpp"

#include <caf/exit_reason.hpp>
#include <caf/sec.hpp>
#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::actors;
using bridgekeeper::all_reasons;
using bridgekeeper::errc;

TEST_CASE("every reason travels through CAF and comes out as itself") {
  for (const auto& row : all_reasons()) {
    auto out = to_failure(to_error(row.code));
    CHECK(out.code == row.code);
    CHECK(out.detail.empty());
  }
}

TEST_CASE("a reason's own words travel with it") {
  auto out = to_failure(to_error({errc::too_large, "8 MiB is too much"}));
  CHECK(out.code == errc::too_large);
  CHECK(out.detail == "8 MiB is too much");
}

TEST_CASE("an error that is not ours is internal") {
  CHECK(to_failure(make_error(caf::sec::runtime_error)).code == errc::internal);
  CHECK(to_failure(make_error(caf::exit_reason::kill)).code == errc::internal);
}

TEST_CASE("a receiver that is gone means unavailable, and not begun") {
  auto gone = make_error(caf::sec::request_receiver_down);
  CHECK(is_unhandled(gone));
  CHECK(to_failure(gone).code == errc::unavailable);
  CHECK_FALSE(is_unhandled(to_error(errc::unavailable)));
  CHECK_FALSE(is_unhandled(make_error(caf::sec::runtime_error)));
}
