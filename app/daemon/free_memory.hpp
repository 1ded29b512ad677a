#pragma once

namespace bridgekeeper::app {

/// Gives the memory that is free in the calling thread's heap back to the
/// system. By default mimalloc does so only when something else is allocated,
/// which in an idle daemon may take long; doing it with each free costs a third
/// more of the processor time of a dispatch. Each I/O thread calls it every few
/// seconds. Does nothing where the program runs with another allocator.
void return_free_memory() noexcept;

} // namespace bridgekeeper::app
