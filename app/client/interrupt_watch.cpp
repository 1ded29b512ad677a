#include "app/client/interrupt_watch.hpp"

#include <csignal>

namespace bridgekeeper::app {

namespace {

volatile std::sig_atomic_t pressed = 0;

struct sigaction before;

} // namespace

interrupt_watch::interrupt_watch() {
  pressed = 0;
  struct sigaction action = {};
  action.sa_handler = [](int) { pressed = 1; };
  // Without SA_RESTART, a write() on another thread could fail with EINTR and
  // lose its text.
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, &before);
}

interrupt_watch::~interrupt_watch() {
  sigaction(SIGINT, &before, nullptr);
}

bool interrupt_watch::interrupted() const noexcept {
  return pressed != 0;
}

void interrupt_watch::forget() noexcept {
  pressed = 0;
}

} // namespace bridgekeeper::app
