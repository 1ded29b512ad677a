#include "bench/transport.hpp"

#include <stdexcept>

// Built in the place of postgres_transport.cpp where libpq is not installed.

namespace bridgekeeper::bench {

bool has_postgres() noexcept {
  return false;
}

transport_ptr make_postgres_transport(const surroundings&, const messages&,
                                      transport::done_handler) {
  throw std::runtime_error("built without libpq; install libpq-dev, configure "
                           "and build again");
}

} // namespace bridgekeeper::bench
