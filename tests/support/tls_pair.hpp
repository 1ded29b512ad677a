#pragma once

#include "net/server/listener.hpp"
#include "net/tls_context.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace bridgekeeper::test {

/// A self-signed certificate and its key, as files that last as long as it.
class tls_pair {
public:
  tls_pair();
  tls_pair(const tls_pair&) = delete;
  tls_pair& operator=(const tls_pair&) = delete;
  ~tls_pair();

  /// Options of a server that shows it.
  [[nodiscard]] net::server_tls_options options() const {
    return {certificate(), key()};
  }

  [[nodiscard]] net::tls_context_ptr context() const {
    return net::make_server_tls(options());
  }

  [[nodiscard]] std::string certificate() const {
    return (directory_ / "certificate.pem").string();
  }

  [[nodiscard]] std::string key() const {
    return (directory_ / "key.pem").string();
  }

  [[nodiscard]] std::string fingerprint() const {
    return net::describe_file(certificate()).fingerprint;
  }

  /// Another file beside them; returns its path.
  std::string write(std::string_view name, std::string_view text) const;

private:
  std::filesystem::path directory_;
};

/// One address of the loopback interface, where TLS is spoken.
[[nodiscard]] net::listener_options loopback_with(net::tls_context_ptr tls);

} // namespace bridgekeeper::test
