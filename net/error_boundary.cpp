#include "net/error_boundary.hpp"

#include <spdlog/spdlog.h>

#include <exception>

namespace bridgekeeper::net {

void log_contained(std::string_view where) noexcept {
  // spdlog handles its own exceptions, so these calls do not throw.
  try {
    throw;
  } catch (const std::exception& error) {
    spdlog::error("an exception interrupted {}: {}", where, error.what());
  } catch (...) {
    spdlog::error("an exception of unknown type interrupted {}", where);
  }
}

} // namespace bridgekeeper::net
