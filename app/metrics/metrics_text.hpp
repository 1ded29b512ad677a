#pragma once

#include "app/metrics/family_list.hpp"
#include "app/metrics/metric_sources.hpp"

#include <string>

namespace bridgekeeper::metrics {

// The families, by what they are about. docs/metrics.md lists all of them.
void add_agent_families(family_list& to, const metric_sources& from);
void add_connection_families(family_list& to, const metric_sources& from);
void add_daemon_families(family_list& to, const metric_sources& from);
void add_dispatch_families(family_list& to, const metric_sources& from);
/// Nothing without a store.
void add_store_families(family_list& to, const metric_sources& from);

/// The body of `GET /metrics`. Takes about a millisecond.
[[nodiscard]] std::string metrics_text(const metric_sources& from);

} // namespace bridgekeeper::metrics
