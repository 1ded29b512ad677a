#pragma once

namespace bridgekeeper::app {

/// During the lifetime of this object, Ctrl-C (SIGINT) sets a flag instead of
/// ending the process. Only one may exist at a time. Main thread.
class interrupt_watch {
public:
  interrupt_watch();
  ~interrupt_watch();
  interrupt_watch(const interrupt_watch&) = delete;
  interrupt_watch& operator=(const interrupt_watch&) = delete;

  /// Whether SIGINT has arrived since construction or the last `forget`.
  [[nodiscard]] bool interrupted() const noexcept;

  void forget() noexcept;
};

} // namespace bridgekeeper::app
