#include "net/tls_context.hpp"
#include "net/x509.hpp"
#include "support/tls_pair.hpp"

#include <doctest/doctest.h>
#include <openssl/pem.h>

#include <regex>
#include <stdexcept>

using namespace bridgekeeper;
using namespace test;

namespace {

/// The pair's key once more, under a passphrase.
std::string lock_key(const tls_pair& pair) {
  net::bio_ptr in{BIO_new_file(pair.key().c_str(), "r")};
  net::key_ptr key{
      PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr)};
  auto path = pair.write("locked.pem", "");
  net::bio_ptr out{BIO_new_file(path.c_str(), "w")};
  PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), EVP_aes_256_cbc(), "open",
                                4, nullptr, nullptr);
  return path;
}

std::string complaint_about(const net::server_tls_options& options) {
  try {
    std::ignore = net::make_server_tls(options);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "none";
}

} // namespace

TEST_CASE("a certificate and its key are taken") {
  tls_pair pair;
  CHECK(complaint_about(pair.options()) == "none");
}

TEST_CASE("a file that is missing is named and said what to do about") {
  tls_pair pair;
  auto options = pair.options();
  options.certificate = "/nowhere/c.pem";
  CHECK(complaint_about(options)
        == "Cannot use the certificate /nowhere/c.pem: No such file or "
           "directory. Set tls.certificate to a PEM file that this user can "
           "read.");
  options = pair.options();
  options.key = "/nowhere/k.pem";
  CHECK(complaint_about(options).starts_with(
      "Cannot use the key /nowhere/k.pem: No such file or directory."));
  options = pair.options();
  options.clients = net::client_certificates::required;
  options.client_ca = "/nowhere/ca.pem";
  CHECK(complaint_about(options).starts_with(
      "Cannot use the client CA /nowhere/ca.pem: No such file"));
}

TEST_CASE("a file that is no PEM is named") {
  tls_pair pair;
  auto text = pair.write("text.pem", "hello");
  auto options = pair.options();
  options.certificate = text;
  CHECK(complaint_about(options).starts_with("Cannot use the certificate "
                                             + text + ": no start line."));
  options = pair.options();
  options.key = text;
  CHECK(complaint_about(options).starts_with("Cannot use the key " + text
                                             + ": "));
}

TEST_CASE("a key of another certificate is refused") {
  tls_pair pair;
  tls_pair other;
  auto options = pair.options();
  options.key = other.key();
  CHECK(complaint_about(options)
        == "Cannot use the key " + other.key()
               + ": it does not belong to the certificate " + pair.certificate()
               + ". Set tls.certificate and tls.key to files that belong "
                 "together.");
}

TEST_CASE("a key under a passphrase is refused without asking for it") {
  tls_pair pair;
  auto options = pair.options();
  options.key = lock_key(pair);
  CHECK(complaint_about(options)
        == "Cannot use the key " + options.key
               + ": it is protected by a passphrase. Remove it with: openssl "
                 "pkey -in FILE -out FILE.");
}

TEST_CASE("a certificate's fingerprint and end are told") {
  tls_pair pair;
  auto facts = net::describe(*pair.context());
  CHECK(facts.fingerprint == pair.fingerprint());
  CHECK(std::regex_match(facts.fingerprint,
                         std::regex{"([0-9A-F]{2}:){31}[0-9A-F]{2}"}));
  auto left = facts.not_after - std::chrono::system_clock::now();
  CHECK(left > std::chrono::hours{23});
  CHECK(left <= std::chrono::hours{24});
}
