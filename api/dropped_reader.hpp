#pragma once

#include "domain/counters.hpp"
#include "domain/errc.hpp"

namespace bridgekeeper::api {

/// The connection of a reader has ended for this reason: counts it if that is
/// because it did not read, and tells whether it is.
[[nodiscard]] inline bool count_dropped_reader(counters& all, errc why) {
  switch (why) {
  case errc::overflow:
    ++all.overflows;
    return true;
  case errc::stalled:
    ++all.stalled_readers;
    return true;
  case errc::output_budget:
    ++all.indebted_readers;
    return true;
  default:
    return false;
  }
}

} // namespace bridgekeeper::api
