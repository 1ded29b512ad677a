#pragma once

#include "app/daemon/data_dir.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace bridgekeeper::app {

/// The paths of a self-signed certificate and its key, and the fingerprint of
/// the certificate.
struct own_certificate {
  std::string certificate;
  std::string key;
  std::string fingerprint;
};

/// Returns the self-signed pair of a data directory. A new pair is created if
/// there is none or if the existing one is unusable or expires within a day;
/// otherwise the pair is kept so that its fingerprint does not change. A new
/// certificate is valid for `localhost`, the loopback addresses and all `hosts`
/// that are not wildcards. Throws `std::runtime_error`. Main thread.
[[nodiscard]] own_certificate
find_own_certificate(data_dir& dir, const std::vector<std::string>& hosts,
                     std::chrono::system_clock::time_point now);

} // namespace bridgekeeper::app
