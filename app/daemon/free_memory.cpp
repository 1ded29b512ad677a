#include "app/daemon/free_memory.hpp"

// Null where mimalloc is not linked, as in tests and under sanitizers.
extern "C" void mi_collect(bool force) noexcept __attribute__((weak));

namespace bridgekeeper::app {

void return_free_memory() noexcept {
  if (mi_collect != nullptr)
    mi_collect(true);
}

} // namespace bridgekeeper::app
