#include "app/metrics/family_list.hpp"

#include <limits>
#include <prometheus/text_serializer.h>
#include <sstream>

namespace bridgekeeper::metrics {

namespace {

prometheus::ClientMetric with_labels(const label_list& labels) {
  prometheus::ClientMetric out;
  out.label.reserve(labels.size());
  for (const auto& [name, value] : labels)
    out.label.push_back({std::string{name}, value});
  return out;
}

template <class Set>
void add_samples(prometheus::MetricFamily& family,
                 const std::vector<sample>& samples, Set set) {
  family.metric.reserve(samples.size());
  for (const auto& x : samples) {
    auto metric = with_labels(x.labels);
    set(metric, x.value);
    family.metric.push_back(std::move(metric));
  }
}

} // namespace

prometheus::MetricFamily& family_list::add(std::string_view name,
                                           std::string_view help,
                                           prometheus::MetricType type) {
  auto& out = all_.emplace_back();
  out.name = name;
  out.help = help;
  out.type = type;
  return out;
}

void family_list::counter(std::string_view name, std::string_view help,
                          const std::vector<sample>& samples) {
  add_samples(add(name, help, prometheus::MetricType::Counter), samples,
              [](auto& metric, double value) { metric.counter.value = value; });
}

void family_list::gauge(std::string_view name, std::string_view help,
                        const std::vector<sample>& samples) {
  add_samples(add(name, help, prometheus::MetricType::Gauge), samples,
              [](auto& metric, double value) { metric.gauge.value = value; });
}

void family_list::histogram(std::string_view name, std::string_view help,
                            const std::vector<histogram_sample>& samples) {
  auto& family = add(name, help, prometheus::MetricType::Histogram);
  for (const auto& x : samples) {
    auto metric = with_labels(x.labels);
    auto& out = metric.histogram;
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < x.counts.size(); ++i) {
      count += x.counts[i];
      out.bucket.push_back(
          {count, i < x.bounds.size()
                      ? x.bounds[i]
                      : std::numeric_limits<double>::infinity()});
    }
    // From the buckets and not counted apart, so that they always agree.
    out.sample_count = count;
    out.sample_sum = x.sum;
    family.metric.push_back(std::move(metric));
  }
}

std::string family_list::text() const {
  std::ostringstream out;
  prometheus::TextSerializer{}.Serialize(out, all_);
  return std::move(out).str();
}

} // namespace bridgekeeper::metrics
