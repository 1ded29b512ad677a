#pragma once

#include <cstddef>

namespace bridgekeeper {

/// Has the memory of `x` brought into the cache, for use soon. It may be null.
template <class T>
void prefetch(const T* x) noexcept {
  constexpr std::size_t cache_line = 64;
  for (std::size_t at = 0; at < sizeof(T); at += cache_line)
    __builtin_prefetch(reinterpret_cast<const char*>(x) + at);
}

} // namespace bridgekeeper
