#pragma once

#include <chrono>

namespace bridgekeeper {

/// A time on the steady clock, which never jumps: for deadlines and rates.
using time_point = std::chrono::steady_clock::time_point;

} // namespace bridgekeeper
