#include "app/metrics/metrics_text.hpp"

namespace bridgekeeper::metrics {

std::string metrics_text(const metric_sources& from) {
  family_list out;
  add_agent_families(out, from);
  add_dispatch_families(out, from);
  add_connection_families(out, from);
  add_store_families(out, from);
  add_daemon_families(out, from);
  return out.text();
}

} // namespace bridgekeeper::metrics
