#pragma once

#include "app/config/config.hpp"
#include "app/daemon/data_dir.hpp"
#include "app/daemon/file_watch.hpp"
#include "net/tls_context.hpp"

#include <optional>
#include <string>

namespace bridgekeeper::app {

/// What the settings say about TLS; nothing where it is not spoken. Makes the
/// self-signed pair where that is asked for, and prints its fingerprint. Throws
/// `std::runtime_error`.
[[nodiscard]] std::optional<net::server_tls_options>
find_pair(const config& values, data_dir& dir);

/// Why `serve` would not start with the TLS files that `values` name, in a
/// sentence; nothing where it would, or where the pair is our own. Reads them.
[[nodiscard]] std::optional<std::string> tls_problem(const config& values);

/// Where the daemon's certificate comes from: files that are read again when
/// they have changed; a source for each set of files. Main thread.
class tls_source {
public:
  explicit tls_source(std::optional<net::server_tls_options> options);

  [[nodiscard]] bool is_on() const noexcept {
    return options_.has_value();
  }

  /// The certificate's path; empty where TLS is off.
  [[nodiscard]] std::string certificate() const;

  /// The files read anew, and said so in the log; null where TLS is off. Throws
  /// `std::runtime_error` with a sentence that names the file and what to do.
  [[nodiscard]] net::tls_context_ptr load();

  /// To be called at every tick: whether the files are others than `load` read
  /// and the same as at the last call (certificate and key are seldom replaced
  /// in one go), or `load` failed.
  [[nodiscard]] bool changed();

private:
  std::optional<net::server_tls_options> options_;
  file_watch files_;
};

} // namespace bridgekeeper::app
