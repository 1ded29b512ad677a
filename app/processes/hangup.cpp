#include "app/processes/hangup.hpp"

#include <csignal>

namespace bridgekeeper::app {

bool ignores_hangup() noexcept {
  struct sigaction current {};
  return ::sigaction(SIGHUP, nullptr, &current) == 0
         && current.sa_handler == SIG_IGN;
}

} // namespace bridgekeeper::app
