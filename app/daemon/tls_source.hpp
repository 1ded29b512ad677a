#pragma once

#include "app/config/config.hpp"
#include "app/daemon/data_dir.hpp"
#include "app/daemon/file_watch.hpp"
#include "net/tls_context.hpp"

#include <optional>
#include <string>

namespace bridgekeeper::app {

/// The TLS options according to the settings; nothing if TLS is off. Creates
/// the self-signed pair if it is configured, and prints its fingerprint. Throws
/// `std::runtime_error`.
[[nodiscard]] std::optional<net::server_tls_options>
find_pair(const config& values, data_dir& dir);

/// Reads the TLS files that `values` name. Returns a sentence that explains why
/// `serve` would not start with them; nothing if the files are valid or if the
/// daemon uses a self-signed pair.
[[nodiscard]] std::optional<std::string> tls_problem(const config& values);

/// Reads the daemon's certificate from its files, and again after they have
/// changed. If other files are configured, a new source is created. Main
/// thread.
class tls_source {
public:
  explicit tls_source(std::optional<net::server_tls_options> options);

  [[nodiscard]] bool is_on() const noexcept {
    return options_.has_value();
  }

  /// The path of the certificate; empty if TLS is off.
  [[nodiscard]] std::string certificate() const;

  /// Reads the files and logs that; null if TLS is off. Throws
  /// `std::runtime_error` with a sentence that names the file and says what to
  /// do.
  [[nodiscard]] net::tls_context_ptr load();

  /// Whether the files should be loaded: they differ from those that `load`
  /// read or `load` failed, and they have not changed since the last call,
  /// because certificate and key are seldom replaced at the same moment. Must
  /// be called at every tick.
  [[nodiscard]] bool changed();

private:
  std::optional<net::server_tls_options> options_;
  file_watch files_;
};

} // namespace bridgekeeper::app
