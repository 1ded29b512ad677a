#include "app/daemon/tls_source.hpp"

#include "app/daemon/own_certificate.hpp"
#include "domain/timestamp.hpp"
#include "log/log_line.hpp"
#include "net/endpoint.hpp"

#include <iostream>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace bridgekeeper::app {

namespace {

own_certificate make_own(const config& values, data_dir& dir) {
  std::vector<std::string> hosts;
  for (const auto& address : values.server.listen)
    hosts.push_back(net::parse_endpoint_or_path(address).value().host);
  auto own = find_own_certificate(dir, hosts, std::chrono::system_clock::now());
  std::cout
      << "TLS uses a self-signed certificate with the SHA-256 fingerprint:\n\n"
      << "    " << own.fingerprint << "\n\nCommands on other machines "
      << "trust it with --tls-fingerprint, or with --ca and a copy of\n"
      << own.certificate << ".\n"
      << std::flush;
  return own;
}

net::client_certificates rule_of(const std::string& word) {
  return word == "required"   ? net::client_certificates::required
         : word == "optional" ? net::client_certificates::optional
                              : net::client_certificates::off;
}

/// The files and rules in the settings. A path is empty if it is not set.
net::server_tls_options named_options(const config::tls_section& tls) {
  net::server_tls_options out;
  out.certificate = tls.certificate.value_or("");
  out.key = tls.key.value_or("");
  out.client_ca = tls.client_ca.value_or("");
  out.clients = rule_of(tls.client_certificates);
  out.only_tls_1_3 = tls.min_version == "1.3";
  return out;
}

} // namespace

std::optional<net::server_tls_options> find_pair(const config& values,
                                                 data_dir& dir) {
  const auto& tls = values.tls;
  if (!tls.self_signed && !tls.certificate)
    return std::nullopt;
  auto out = named_options(tls);
  if (tls.self_signed) {
    auto own = make_own(values, dir);
    out.certificate = own.certificate;
    out.key = own.key;
  }
  return out;
}

std::optional<std::string> tls_problem(const config& values) {
  if (!values.tls.certificate)
    return std::nullopt;
  try {
    std::ignore = net::make_server_tls(named_options(values.tls));
    return std::nullopt;
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

tls_source::tls_source(std::optional<net::server_tls_options> options)
  : options_(std::move(options)) {
  if (options_)
    files_ =
        file_watch{{options_->certificate, options_->key, options_->client_ca}};
}

std::string tls_source::certificate() const {
  return options_ ? options_->certificate : std::string{};
}

net::tls_context_ptr tls_source::load() {
  if (!options_)
    return nullptr;
  files_.begin();
  auto out = net::make_server_tls(*options_);
  files_.succeed();
  auto facts = net::describe(*out);
  auto until = to_iso8601(
      std::chrono::floor<std::chrono::microseconds>(facts.not_after));
  if (facts.not_after < std::chrono::system_clock::now())
    log::warn("the certificate {} expired at {}", options_->certificate, until);
  log::info("using the TLS certificate {}, SHA-256 {}, valid until {}",
            options_->certificate, facts.fingerprint, until);
  return out;
}

bool tls_source::changed() {
  return options_ && files_.is_due();
}

} // namespace bridgekeeper::app
