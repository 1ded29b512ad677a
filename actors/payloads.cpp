#include "actors/payloads.hpp"

namespace bridgekeeper::actors {

std::size_t footprint(const announcement& x) noexcept {
  auto out = sizeof(announcement) + x.agent.str().size()
             + x.session->str().size() + x.metadata.str().size()
             + (x.workdir ? x.workdir->size() : 0);
  for (const auto& capability : x.capabilities)
    out += sizeof(std::string) + capability.size();
  return out;
}

std::size_t footprint(const agent_view& x) noexcept {
  return x.name.size() + x.endpoint_url.size()
         + (x.announced ? footprint(*x.announced) : 0);
}

} // namespace bridgekeeper::actors
