#include "app/metrics/reason_samples.hpp"

#include <algorithm>
#include <string>

namespace bridgekeeper::metrics {

double sum_of(const metric_sources& from, counter thread_metrics::*which) {
  return sum_of(from, [which](const metric_sources::io_thread& x) {
    return (x.labelled->*which).value();
  });
}

double sum_of(const metric_sources& from, counter counters::*which) {
  return sum_of(from, [which](const metric_sources::io_thread& x) {
    return (x.counts->*which).value();
  });
}

double sum_of(const metric_sources& from,
              std::size_t actors::thread_census::*which) {
  return sum_of(from, [which](const metric_sources::io_thread& x) {
    return x.census.*which;
  });
}

histogram_sample histogram_of(const metric_sources& from,
                              dispatch_histogram thread_metrics::*which) {
  std::vector<const dispatch_histogram*> parts;
  for (const auto& x : from.threads)
    parts.push_back(&(x.labelled->*which));
  return add_up(parts, seconds_per_nanosecond);
}

void add_reasons(std::vector<sample>& to, const metric_sources& from,
                 reason_counters thread_metrics::*which,
                 std::initializer_list<errc> usual, const label_list& labels) {
  for (const auto& reason : all_reasons()) {
    auto count = sum_of(from, [&](const metric_sources::io_thread& x) {
      return (x.labelled->*which).value(reason.code);
    });
    auto is_usual =
        std::find(usual.begin(), usual.end(), reason.code) != usual.end();
    if (count == 0 && !is_usual)
      continue;
    auto with_reason = labels;
    with_reason.emplace_back("reason", std::string{reason.token});
    to.push_back({std::move(with_reason), count});
  }
}

} // namespace bridgekeeper::metrics
