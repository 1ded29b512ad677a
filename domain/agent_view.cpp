#include "domain/agent_view.hpp"

namespace bridgekeeper {

std::size_t footprint(const agent_view& x) noexcept {
  return x.name.size() + x.endpoint_url.size()
         + (x.announced ? footprint(*x.announced) : 0);
}

} // namespace bridgekeeper
