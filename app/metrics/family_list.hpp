#pragma once

#include "domain/doubling_histogram.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <prometheus/metric_family.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bridgekeeper::metrics {

/// The labels of a sample, each with its value. Values come from small, fixed
/// sets: ids, addresses and texts of peers are never labels.
using label_list = std::vector<std::pair<std::string_view, std::string>>;

struct sample {
  label_list labels;
  double value = 0;
};

/// A histogram as the sum of those of several threads.
struct histogram_sample {
  label_list labels;
  /// Not cumulative. The last number counts what is larger than all bounds.
  std::vector<std::uint64_t> counts;
  std::vector<double> bounds;
  double sum = 0;
};

/// Adds up histograms; each may be null. `scale` converts their values to the
/// unit of the metric.
template <std::uint64_t Unit, std::size_t Bounds>
[[nodiscard]] histogram_sample
add_up(const std::vector<const doubling_histogram<Unit, Bounds>*>& parts,
       double scale, label_list labels = {}) {
  using part = doubling_histogram<Unit, Bounds>;
  histogram_sample out{std::move(labels), {}, {}, 0};
  out.counts.resize(Bounds + 1);
  for (const auto* x : parts) {
    if (x == nullptr)
      continue;
    for (std::size_t i = 0; i <= Bounds; ++i)
      out.counts[i] += x->count(i);
    out.sum += static_cast<double>(x->sum()) * scale;
  }
  for (std::size_t i = 0; i < Bounds; ++i)
    out.bounds.push_back(static_cast<double>(part::upper_bound(i)) * scale);
  return out;
}

inline constexpr double seconds_per_nanosecond = 1e-9;

/// The metrics of one scrape, in the order in which they are added.
class family_list {
public:
  void counter(std::string_view name, std::string_view help,
               const std::vector<sample>& samples);

  /// Without labels.
  void counter(std::string_view name, std::string_view help, double value) {
    counter(name, help, std::vector{sample{{}, value}});
  }

  void gauge(std::string_view name, std::string_view help,
             const std::vector<sample>& samples);

  void gauge(std::string_view name, std::string_view help, double value) {
    gauge(name, help, std::vector{sample{{}, value}});
  }

  void histogram(std::string_view name, std::string_view help,
                 const std::vector<histogram_sample>& samples);

  [[nodiscard]] const std::vector<prometheus::MetricFamily>&
  all() const noexcept {
    return all_;
  }

  /// In the text format 0.0.4 of Prometheus.
  [[nodiscard]] std::string text() const;

private:
  prometheus::MetricFamily& add(std::string_view name, std::string_view help,
                                prometheus::MetricType type);

  std::vector<prometheus::MetricFamily> all_;
};

} // namespace bridgekeeper::metrics
