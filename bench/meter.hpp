#pragma once

#include "bench/process_usage.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace bridgekeeper::bench {

class latencies;

/// Takes the time, the server's usage and our own between two moments.
class meter {
public:
  explicit meter(std::uint64_t server_pid) : server_pid_(server_pid) {}

  void begin();

  void end();

  /// `count, seconds, per_second`, then what the server used and what we did.
  [[nodiscard]] nlohmann::ordered_json figures(std::size_t count) const;

private:
  struct reading {
    std::chrono::steady_clock::time_point at;
    process_usage server;
    std::chrono::nanoseconds own{};
  };

  [[nodiscard]] reading read() const;

  std::uint64_t server_pid_;
  reading first_;
  reading last_;
};

/// Adds `<name>_p50_us`, `_p99_us` and `_max_us` to `out`.
void add_quantiles(nlohmann::ordered_json& out, const char* name,
                   latencies& samples);

} // namespace bridgekeeper::bench
