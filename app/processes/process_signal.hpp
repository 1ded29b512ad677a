#pragma once

#include "app/processes/process_table.hpp"

namespace bridgekeeper::app {

/// Sends a signal to exactly this process. Does nothing and returns false if it
/// has ended, even if another process has got its number since, or if the
/// kernel does not permit it.
bool signal_process(const process_key& process, int number);

} // namespace bridgekeeper::app
