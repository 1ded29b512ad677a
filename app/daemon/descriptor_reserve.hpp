#pragma once

namespace bridgekeeper::app {

/// A file descriptor that is kept open so that there is one to be had when the
/// process has run out of them: a daemon that cannot open its token file goes
/// on accepting a token that was revoked. Main thread.
class descriptor_reserve {
public:
  descriptor_reserve();
  ~descriptor_reserve();
  descriptor_reserve(const descriptor_reserve&) = delete;
  descriptor_reserve& operator=(const descriptor_reserve&) = delete;

  /// Lends the descriptor for as long as the object lives: one file can be
  /// opened meanwhile, unless another thread is faster.
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

  /// Takes a descriptor where the last loan could not be taken back. To be
  /// called at every tick.
  void take() noexcept;

private:
  void give() noexcept;

  int descriptor_ = -1;
};

} // namespace bridgekeeper::app
