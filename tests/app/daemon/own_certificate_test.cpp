#include "app/daemon/own_certificate.hpp"
#include "app/scratch_dir.hpp"
#include "net/tls_context.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>

using namespace bridgekeeper;
using namespace app;

namespace {

const auto now = std::chrono::system_clock::now();

} // namespace

TEST_CASE("a self-signed certificate is made once and found again") {
  scratch_dir scratch;
  data_dir dir{scratch.path()};
  auto made = find_own_certificate(dir, {"127.0.0.1"}, now);
  CHECK(made.certificate == (scratch.path() / "tls-certificate.pem").string());
  CHECK(find_own_certificate(dir, {"10.0.0.1"}, now).fingerprint
        == made.fingerprint);
}

TEST_CASE("a self-signed certificate that ends soon is made anew") {
  scratch_dir scratch;
  data_dir dir{scratch.path()};
  auto made = find_own_certificate(dir, {}, now);
  auto late = now + std::chrono::hours{24 * 396 + 1};
  CHECK(find_own_certificate(dir, {}, late).fingerprint != made.fingerprint);
}

TEST_CASE("a self-signed certificate that is damaged is made anew") {
  scratch_dir scratch;
  data_dir dir{scratch.path()};
  auto made = find_own_certificate(dir, {}, now);
  dir.write_private("tls-key.pem", "rubbish");
  CHECK(find_own_certificate(dir, {}, now).fingerprint != made.fingerprint);
}

TEST_CASE("nobody but its owner can read a self-signed key") {
  scratch_dir scratch;
  data_dir dir{scratch.path()};
  for (const auto& path : {find_own_certificate(dir, {}, now).key,
                           find_own_certificate(dir, {}, now).certificate}) {
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777U) == 0600U);
  }
}

TEST_CASE("hosts that cannot be in a certificate do not keep it from being "
          "made") {
  scratch_dir scratch;
  data_dir dir{scratch.path()};
  auto made = find_own_certificate(
      dir, {"0.0.0.0", "::", "", "a,DNS:evil", "localhost", "127.0.0.1"}, now);
  CHECK(made.fingerprint.size() == 95);
}
