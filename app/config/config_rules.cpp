#include "app/config/config_rules.hpp"

#include "app/config/scoped_token_path.hpp"
#include "app/text/quantity.hpp"
#include "app/tokens/token_book.hpp"

#include <cerrno>
#include <cstring>
#include <set>
#include <unistd.h>

namespace bridgekeeper::app {

namespace {

/// Two listeners cannot share an address. Port 0 is a different port each time.
void check_addresses(const config& x, std::vector<std::string>& errors) {
  std::set<std::string> taken;
  auto claim = [&](const std::string& address, const char* name) {
    if (!address.ends_with(":0") && !taken.insert(address).second)
      errors.push_back(std::string{name} + ": \"" + address
                       + "\" is listened on twice; give each its own port");
  };
  for (const auto& address : x.server.listen)
    claim(address, "server.listen");
  for (const auto& address : x.metrics.listen)
    claim(address, "metrics.listen");
  if (x.console.listen != "off")
    claim(x.console.listen, "console.listen");
}

void check_heartbeat(const config& x, std::vector<std::string>& warnings) {
  if (x.heartbeat.tick > x.heartbeat.timeout)
    warnings.push_back("heartbeat.tick (" + format_seconds(x.heartbeat.tick)
                       + " s) is longer than heartbeat.timeout ("
                       + format_seconds(x.heartbeat.timeout)
                       + " s): silent agents are noticed that much later");
}

void check_tokens(const config& x, std::vector<std::string>& warnings) {
  const auto& file = x.auth.token_file;
  if (file && ::access(file->c_str(), R_OK) != 0)
    // The path is not named: it may be a token, put under the wrong key.
    warnings.push_back(std::string{"auth.token_file: cannot be read: "}
                       + std::strerror(errno));
  auto scoped = read_scoped_tokens(scoped_token_path(x), meaning_of_missing(x));
  // An error would keep `bridgekeeper token` from repairing the file.
  for (const auto& error : scoped.errors)
    warnings.push_back(error + "; `serve` does not start with that");
  if (x.auth.tokens.empty() && !file && !x.auth.make_token
      && scoped.grants.empty())
    warnings.push_back("no tokens are configured and auth.make_token is off: "
                       "all requests will be rejected; set auth.tokens, "
                       "auth.token_file or VIBEFORGE_AUTH_TOKEN, or make "
                       "tokens with `bridgekeeper token new`");
}

void check_tls(const config& x, std::vector<std::string>& errors,
               std::vector<std::string>& warnings) {
  const auto& tls = x.tls;
  if (tls.certificate && !tls.key)
    errors.push_back("tls.key: missing; tls.certificate needs its key");
  if (tls.key && !tls.certificate)
    errors.push_back("tls.certificate: missing; tls.key needs its certificate");
  if (tls.self_signed && (tls.certificate || tls.key))
    errors.push_back("tls.self_signed: it cannot be combined with "
                     "tls.certificate or tls.key");
  auto asks = tls.client_certificates != "off";
  if (asks && !tls.client_ca)
    errors.push_back("tls.client_ca: missing; tls.client_certificates is \""
                     + tls.client_certificates
                     + "\", which needs the authorities that sign them");
  if (asks && !tls.certificate && !tls.self_signed)
    errors.push_back("tls.certificate: missing; clients can present a "
                     "certificate only over TLS");
  if (!asks && tls.client_ca)
    warnings.push_back("tls.client_ca is not used: tls.client_certificates is "
                       "\"off\"");
}

} // namespace

void check_together(const config& x, std::vector<std::string>& errors,
                    std::vector<std::string>& warnings) {
  check_addresses(x, errors);
  check_heartbeat(x, warnings);
  check_tokens(x, warnings);
  check_tls(x, errors, warnings);
}

} // namespace bridgekeeper::app
