#pragma once

#include "app/metrics/family_list.hpp"
#include "app/metrics/metric_sources.hpp"
#include "domain/thread_metrics.hpp"

#include <cstdint>
#include <initializer_list>
#include <vector>

namespace bridgekeeper::metrics {

/// The sum over all I/O threads of what `value` returns for each.
template <class Value>
[[nodiscard]] double sum_of(const metric_sources& from, Value value) {
  std::uint64_t out = 0;
  for (const auto& x : from.threads)
    out += value(x);
  return static_cast<double>(out);
}

/// The sum of a counter over all I/O threads.
[[nodiscard]] double sum_of(const metric_sources& from,
                            counter thread_metrics::*which);
[[nodiscard]] double sum_of(const metric_sources& from,
                            counter counters::*which);
[[nodiscard]] double sum_of(const metric_sources& from,
                            std::size_t actors::thread_census::*which);

/// The same of a histogram.
[[nodiscard]] histogram_sample
histogram_of(const metric_sources& from,
             dispatch_histogram thread_metrics::*which);

/// Appends a sample for each reason that has occurred, and for those that are
/// `usual` even if they have not, so that alerts on them see their first
/// increase. The label `reason` follows `labels`.
void add_reasons(std::vector<sample>& to, const metric_sources& from,
                 reason_counters thread_metrics::*which,
                 std::initializer_list<errc> usual,
                 const label_list& labels = {});

} // namespace bridgekeeper::metrics
