#include "net/self_signed.hpp"
#include "net/x509.hpp"

#include <doctest/doctest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

using namespace bridgekeeper;

namespace {

constexpr auto now = std::chrono::sys_days{std::chrono::January / 31 / 2026};

net::certificate_ptr read(const std::string& pem) {
  net::bio_ptr text{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  return net::certificate_ptr{
      PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)};
}

} // namespace

TEST_CASE("a self-signed certificate is for the hosts it was made for") {
  auto made = net::make_self_signed({"localhost", "10.1.2.3", "::1"}, now,
                                    std::chrono::hours{48});
  auto x = read(made.certificate);
  REQUIRE(x);
  CHECK(X509_check_host(x.get(), "localhost", 0, 0, nullptr) == 1);
  CHECK(X509_check_host(x.get(), "example.org", 0, 0, nullptr) == 0);
  CHECK(X509_check_ip_asc(x.get(), "10.1.2.3", 0) == 1);
  CHECK(X509_check_ip_asc(x.get(), "::1", 0) == 1);
  CHECK(X509_check_ip_asc(x.get(), "10.1.2.4", 0) == 0);
  CHECK(net::facts_of(*x).not_after == now + std::chrono::hours{48});
}

TEST_CASE("a self-signed certificate vouches for itself") {
  auto made = net::make_self_signed({"localhost"}, now, std::chrono::hours{48});
  auto x = read(made.certificate);
  REQUIRE(x);
  CHECK(X509_self_signed(x.get(), 1) == 1);
  CHECK(EVP_PKEY_get_bits(X509_get0_pubkey(x.get())) == 256);
}

TEST_CASE("no two self-signed certificates are the same") {
  auto one = net::make_self_signed({"localhost"}, now, std::chrono::hours{1});
  auto two = net::make_self_signed({"localhost"}, now, std::chrono::hours{1});
  CHECK(one.key != two.key);
  CHECK(net::fingerprint_of(*read(one.certificate))
        != net::fingerprint_of(*read(two.certificate)));
}
