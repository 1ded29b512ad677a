#pragma once

#include "domain/counters.hpp"
#include "domain/errc.hpp"

namespace bridgekeeper::api {

/// Counts the end of a reader's connection if the reader was closed because it
/// did not read. Returns whether that was the reason.
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
