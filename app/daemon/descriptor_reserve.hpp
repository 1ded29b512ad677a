#pragma once

namespace bridgekeeper::app {

/// Keeps a file descriptor in reserve, so that the daemon can still open a file
/// after the process has run out of descriptors. Otherwise it could not reload
/// its token file and would continue to accept a revoked token. Main thread.
class descriptor_reserve {
public:
  descriptor_reserve();
  ~descriptor_reserve();
  descriptor_reserve(const descriptor_reserve&) = delete;
  descriptor_reserve& operator=(const descriptor_reserve&) = delete;

  /// Releases the descriptor for the lifetime of this object. One file can then
  /// be opened, unless another thread takes the descriptor first.
  class loan {
  public:
    explicit loan(descriptor_reserve& from) : from_(from) {
      from_.give();
    }

    ~loan() {
      from_.take();
    }

    loan(const loan&) = delete;
    loan& operator=(const loan&) = delete;

  private:
    descriptor_reserve& from_;
  };

  /// Opens the reserve again if the last loan could not get it back. Must be
  /// called at every tick.
  void take() noexcept;

private:
  void give() noexcept;

  int descriptor_ = -1;
};

} // namespace bridgekeeper::app
