#include "app/daemon/own_certificate.hpp"
#include "app/daemon/tls_source.hpp"
#include "app/scratch.hpp"
#include "app/scratch_dir.hpp"

#include <boost/asio/ssl/context.hpp>
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace bridgekeeper;
using namespace app;

namespace {

/// A data directory with a pair that can be replaced.
class replaceable_pair {
public:
  replaceable_pair() : dir_(scratch_.path()) {
    make();
  }

  /// Another pair, at the same paths.
  void make() {
    std::filesystem::remove(scratch_.path() / "tls-key.pem");
    pair = find_own_certificate(dir_, {}, std::chrono::system_clock::now());
  }

  void spoil_key() {
    dir_.write_private("tls-key.pem", "rubbish");
  }

  [[nodiscard]] net::server_tls_options options() const {
    return {pair.certificate, pair.key};
  }

  own_certificate pair;

private:
  scratch_dir scratch_;
  data_dir dir_;
};

} // namespace

TEST_CASE("a pair that stands is not read again") {
  replaceable_pair files;
  tls_source source{files.options()};
  CHECK(source.is_on());
  CHECK(net::describe(*source.load()).fingerprint == files.pair.fingerprint);
  CHECK_FALSE(source.changed());
  CHECK_FALSE(source.changed());
}

TEST_CASE("a pair that was replaced is read again once it has settled") {
  replaceable_pair files;
  tls_source source{files.options()};
  std::ignore = source.load();
  files.make();
  CHECK_FALSE(source.changed());
  CHECK(source.changed());
  CHECK(net::describe(*source.load()).fingerprint == files.pair.fingerprint);
  CHECK_FALSE(source.changed());
}

// A renewed certificate was never taken if it could not be read at once.
TEST_CASE("a bad pair is tried again at every tick, and a good one taken") {
  replaceable_pair files;
  tls_source source{files.options()};
  std::ignore = source.load();
  files.spoil_key();
  CHECK_FALSE(source.changed());
  CHECK(source.changed());
  CHECK_THROWS_AS(std::ignore = source.load(), std::runtime_error);
  CHECK(source.changed());
  CHECK(source.changed());
  files.make();
  CHECK_FALSE(source.changed());
  CHECK(source.changed());
  CHECK(source.load());
}

TEST_CASE("without a certificate there is no TLS") {
  scratch_dir scratch;
  data_dir dir{scratch.path()};
  tls_source source{find_pair(config{}, dir)};
  CHECK_FALSE(source.is_on());
  CHECK(source.certificate().empty());
  CHECK_FALSE(source.changed());
  CHECK(source.load() == nullptr);
}

TEST_CASE("the settings of TLS reach the network") {
  scratch_dir scratch;
  data_dir dir{scratch.path()};
  config values;
  values.tls.certificate = "c.pem";
  values.tls.key = "k.pem";
  values.tls.client_ca = "ca.pem";
  values.tls.client_certificates = "required";
  values.tls.min_version = "1.3";
  auto found = find_pair(values, dir);
  REQUIRE(found);
  CHECK(found->certificate == "c.pem");
  CHECK(found->key == "k.pem");
  CHECK(found->client_ca == "ca.pem");
  CHECK(found->clients == net::client_certificates::required);
  CHECK(found->only_tls_1_3);
}

TEST_CASE("a pair that no daemon starts with is a problem that names the key") {
  replaceable_pair files;
  config values;
  CHECK_FALSE(tls_problem(values));
  values.tls.certificate = files.pair.certificate;
  values.tls.key = files.pair.key;
  CHECK_FALSE(tls_problem(values));
  files.spoil_key();
  CHECK(tls_problem(values).value_or("").find("tls.key") != std::string::npos);
  values.tls.certificate = "/nonexistent/c.pem";
  CHECK(tls_problem(values).value_or("").starts_with(
      "Cannot use the certificate /nonexistent/c.pem: No such file or "
      "directory. Set tls.certificate"));
}

TEST_CASE("a self-signed pair is announced with its fingerprint") {
  scratch_dir scratch;
  data_dir dir{scratch.path()};
  config values;
  values.tls.self_signed = true;
  captured_stream out{std::cout};
  auto found = find_pair(values, dir);
  REQUIRE(found);
  CHECK(out.text().find(net::describe_file(found->certificate).fingerprint)
        != std::string::npos);
}
