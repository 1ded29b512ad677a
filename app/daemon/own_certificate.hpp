#pragma once

#include "app/daemon/data_dir.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace bridgekeeper::app {

/// Paths of a self-signed certificate and its key.
struct own_certificate {
  std::string certificate;
  std::string key;
  std::string fingerprint;
};

/// The self-signed pair of a data directory. Made the first time, and again
/// when it cannot be used any more or ends within a day; else what is there is
/// kept, so that its fingerprint stays. A new one is for `localhost`, the
/// loopback addresses and those of `hosts` that are no wildcards. Throws
/// `std::runtime_error`. Main thread.
[[nodiscard]] own_certificate
find_own_certificate(data_dir& dir, const std::vector<std::string>& hosts,
                     std::chrono::system_clock::time_point now);

} // namespace bridgekeeper::app
