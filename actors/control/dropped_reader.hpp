#pragma once

#include "actors/counters.hpp"
#include "protocol/errc.hpp"

namespace bridgekeeper::actors {

/// The connection of a reader has ended for this reason: counts it if that is
/// because it did not read, and tells whether it is.
[[nodiscard]] inline bool count_dropped_reader(counters& all,
                                               protocol::errc why) {
  switch (why) {
  case protocol::errc::overflow:
    ++all.overflows;
    return true;
  case protocol::errc::stalled:
    ++all.stalled_readers;
    return true;
  case protocol::errc::output_budget:
    ++all.indebted_readers;
    return true;
  default:
    return false;
  }
}

} // namespace bridgekeeper::actors
