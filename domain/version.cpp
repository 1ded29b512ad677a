#include "domain/version.hpp"

namespace bridgekeeper {

std::string_view version() noexcept {
  return BRIDGEKEEPER_VERSION;
}

} // namespace bridgekeeper
