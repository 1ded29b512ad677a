#pragma once

namespace bridgekeeper::app {

/// Returns the free memory of the calling thread's heap to the system. By
/// default, mimalloc does this only during a later allocation, which may take
/// long to come in an idle daemon. Doing it with each free would increase the
/// processor time of a dispatch by a third. Each I/O thread calls this function
/// every few seconds. Does nothing if the program uses another allocator.
void return_free_memory() noexcept;

} // namespace bridgekeeper::app
