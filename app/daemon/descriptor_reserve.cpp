#include "app/daemon/descriptor_reserve.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace bridgekeeper::app {

descriptor_reserve::descriptor_reserve() {
  take();
}

descriptor_reserve::~descriptor_reserve() {
  give();
}

void descriptor_reserve::take() noexcept {
  if (descriptor_ < 0)
    descriptor_ = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

void descriptor_reserve::give() noexcept {
  if (descriptor_ >= 0)
    close(descriptor_);
  descriptor_ = -1;
}

} // namespace bridgekeeper::app
