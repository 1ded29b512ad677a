#pragma once

#include <chrono>

namespace bridgekeeper {

/// A moment on the clock that never jumps: for deadlines and rates.
using time_point = std::chrono::steady_clock::time_point;

} // namespace bridgekeeper
