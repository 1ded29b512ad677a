#pragma once

#include <cstdio>
#include <cstdlib>

namespace bridgekeeper::fuzz {

/// Ends the process if a promise is broken: libFuzzer keeps the input and says
/// where. Unlike `assert`, in every kind of build.
inline void expect(bool holds, const char* promise) {
  if (holds)
    return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

} // namespace bridgekeeper::fuzz
