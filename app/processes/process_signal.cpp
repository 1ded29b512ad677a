#include "app/processes/process_signal.hpp"

#include "app/processes/owned_fd.hpp"

#include <csignal>
#include <sys/syscall.h>

namespace bridgekeeper::app {

bool signal_process(const process_key& process, int number) {
  // The descriptor names the process that has the number now. If its start time
  // is the right one afterwards, it is the right process, for as long as the
  // descriptor is open. Without the descriptor (before Linux 5.3, or where a
  // container forbids the call), a tiny gap remains.
  owned_fd handle{static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0U))};
  auto found = find_process(process.pid);
  if (!found || found->key != process)
    return false;
  if (handle.valid())
    return ::syscall(SYS_pidfd_send_signal, handle.get(), number, nullptr, 0U)
           == 0;
  return ::kill(process.pid, number) == 0;
}

} // namespace bridgekeeper::app
