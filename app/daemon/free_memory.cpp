#include "app/daemon/free_memory.hpp"

// A weak symbol: null if mimalloc is not linked, as in tests and with
// sanitizers.
extern "C" void mi_collect(bool force) noexcept __attribute__((weak));

namespace bridgekeeper::app {

void return_free_memory() noexcept {
  if (mi_collect != nullptr)
    mi_collect(true);
}

} // namespace bridgekeeper::app
