#include "bench/meter.hpp"

#include "bench/latencies.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace bridgekeeper::bench {

namespace {

double microseconds(std::chrono::nanoseconds x) {
  return std::chrono::duration<double, std::micro>{x}.count();
}

} // namespace

meter::reading meter::read() const {
  return {std::chrono::steady_clock::now(), usage_of(server_pid_), own_cpu()};
}

void meter::begin() {
  first_ = read();
}

void meter::end() {
  last_ = read();
}

nlohmann::ordered_json meter::figures(std::size_t count) const {
  auto units = static_cast<double>(count);
  std::chrono::duration<double> took = last_.at - first_.at;
  nlohmann::ordered_json out;
  out["count"] = count;
  out["seconds"] = took.count();
  out["per_second"] = units / took.count();
  if (server_pid_ != 0) {
    auto cpu = microseconds(last_.server.cpu - first_.server.cpu);
    out["server_cpu_us"] = cpu;
    out["server_cpu_us_per_unit"] = cpu / units;
    out["server_rss_before"] = first_.server.rss_bytes;
    out["server_rss_after"] = last_.server.rss_bytes;
  }
  out["generator_cpu_us_per_unit"] =
      microseconds(last_.own - first_.own) / units;
  return out;
}

void add_quantiles(nlohmann::ordered_json& out, const char* name,
                   latencies& samples) {
  auto key = std::string{name};
  out[key + "_p50_us"] = samples.quantile_us(0.5);
  out[key + "_p99_us"] = samples.quantile_us(0.99);
  out[key + "_max_us"] = samples.quantile_us(1);
}

} // namespace bridgekeeper::bench
