#pragma once

#include <atomic>
#include <cstdint>

namespace bridgekeeper::net {

/// What has become of the connections of a listener since it was created. Each
/// costs far more than an atomic counter. Written on all I/O threads; any
/// thread reads.
struct listener_counts {
  std::atomic<std::uint64_t> accepted{0};
  /// Rejected because `max_connections` or `max_connections_per_ip` were
  /// reached.
  std::atomic<std::uint64_t> rejected{0};
  std::atomic<std::uint64_t> handshakes{0};
  /// TLS handshakes that failed or were not complete in time.
  std::atomic<std::uint64_t> failed_handshakes{0};
};

} // namespace bridgekeeper::net
