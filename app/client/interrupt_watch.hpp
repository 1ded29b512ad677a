#pragma once

namespace bridgekeeper::app {

/// While it lives, Ctrl-C (SIGINT) ends what is being watched instead of the
/// process. One at a time; main thread.
class interrupt_watch {
public:
  interrupt_watch();
  ~interrupt_watch();
  interrupt_watch(const interrupt_watch&) = delete;
  interrupt_watch& operator=(const interrupt_watch&) = delete;

  /// Whether the operator has pressed it since.
  [[nodiscard]] bool interrupted() const noexcept;
};

} // namespace bridgekeeper::app
