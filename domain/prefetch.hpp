#pragma once

#include <cstddef>

namespace bridgekeeper {

/// Starts loading `x` into the cache because it will be used soon. `x` may be
/// null.
template <class T>
void prefetch(const T* x) noexcept {
  if (x == nullptr)
    return;
  constexpr std::size_t cache_line = 64;
  for (std::size_t at = 0; at < sizeof(T); at += cache_line)
    __builtin_prefetch(reinterpret_cast<const char*>(x) + at);
}

} // namespace bridgekeeper
