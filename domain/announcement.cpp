#include "domain/announcement.hpp"

namespace bridgekeeper {

std::size_t footprint(const announcement& x) noexcept {
  auto out = sizeof(announcement) + x.agent.str().size()
             + x.session->str().size() + x.metadata.str().size()
             + (x.workdir ? x.workdir->size() : 0);
  for (const auto& capability : x.capabilities)
    out += sizeof(std::string) + capability.size();
  return out;
}

} // namespace bridgekeeper
