#include "net/error_boundary.hpp"

#include "log/log_line.hpp"

#include <exception>

namespace bridgekeeper::net {

void log_contained(std::string_view where) noexcept {
  // Logging never throws.
  try {
    throw;
  } catch (const std::exception& error) {
    log::error("an exception interrupted {}: {}", where, error.what());
  } catch (...) {
    log::error("an exception of unknown type interrupted {}", where);
  }
}

} // namespace bridgekeeper::net
