#include "app/daemon/own_certificate.hpp"

#include "net/self_signed.hpp"
#include "net/tls_context.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <stdexcept>

namespace bridgekeeper::app {

namespace {

using std::chrono::hours;

constexpr const char* certificate_name = "tls-certificate.pem";
constexpr const char* key_name = "tls-key.pem";

/// The longest lifetime that all clients accept: the limit of browsers is 398
/// days.
constexpr hours lifetime{24 * 397};
constexpr hours least_left{24};

/// The existing pair, if it is usable.
std::optional<own_certificate>
find_usable(const data_dir& dir, std::chrono::system_clock::time_point now) {
  own_certificate out{dir.path_of(certificate_name).string(),
                      dir.path_of(key_name).string(),
                      {}};
  try {
    std::ignore = net::make_server_tls({out.certificate, out.key});
    auto facts = net::describe_file(out.certificate);
    out.fingerprint = facts.fingerprint;
    if (facts.not_after - now > least_left)
      return out;
  } catch (const std::runtime_error&) {
    // The files do not exist yet or are damaged, so a new pair is created.
  }
  return std::nullopt;
}

/// Whether a certificate can name this host: it is not a wildcard and consists
/// of letters, digits, dots, hyphens and colons.
bool can_be_named(const std::string& host) {
  return host != "0.0.0.0" && host != "::" && !host.empty()
         && std::all_of(host.begin(), host.end(), [](unsigned char c) {
              return std::isalnum(c) != 0 || c == '.' || c == '-' || c == ':';
            });
}

} // namespace

own_certificate
find_own_certificate(data_dir& dir, const std::vector<std::string>& hosts,
                     std::chrono::system_clock::time_point now) {
  if (auto found = find_usable(dir, now))
    return *found;
  std::vector<std::string> names{"localhost", "127.0.0.1", "::1"};
  for (const auto& host : hosts)
    if (can_be_named(host)
        && std::find(names.begin(), names.end(), host) == names.end())
      names.push_back(host);
  auto made = net::make_self_signed(names, now, lifetime);
  dir.write_private(key_name, made.key);
  dir.write_private(certificate_name, made.certificate);
  if (auto found = find_usable(dir, now))
    return *found;
  throw std::runtime_error("Cannot use the certificate that was created in "
                           + dir.path_of(certificate_name).string()
                           + ". Is the disk full?");
}

} // namespace bridgekeeper::app
