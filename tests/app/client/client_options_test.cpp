#include "app/client/client_options.hpp"
#include "app/scratch.hpp"

#include <doctest/doctest.h>

using namespace bridgekeeper;
using namespace bridgekeeper::app;

namespace {

/// Options with a token, for a daemon at `url`.
class options_for {
public:
  explicit options_for(std::string url) {
    options.url = std::move(url);
    options.token_file = token_.path();
  }

  /// What is wrong with them; empty where nothing is.
  [[nodiscard]] std::string complaint() const {
    auto found = find_access(options);
    return found ? std::string{} : to_string(found.error());
  }

  client_options options;

private:
  scratch_file token_{"a-token\n"};
};

const std::string digest(64, 'a');

} // namespace

TEST_CASE("a daemon is spoken TLS to where its address says so") {
  for (auto url : {"https://h", "wss://h:1"})
    CHECK(find_access(options_for{url}.options)->tls);
  for (auto url : {"http://h", "ws://h:1", "h"})
    CHECK_FALSE(find_access(options_for{url}.options)->tls);
}

TEST_CASE("flags about trust are refused where there is no TLS") {
  options_for plain{"http://h:1"};
  plain.options.tls_fingerprint = digest;
  CHECK(plain.complaint().find("The connection to h:1 does not use TLS")
        != std::string::npos);
}

TEST_CASE("a fingerprint has 64 hex digits, with colons or without") {
  options_for secure{"https://h"};
  secure.options.tls_fingerprint = digest;
  CHECK(secure.complaint().empty());
  std::string spelled = "AA";
  for (auto i = 1; i < 32; ++i)
    spelled += ":AA";
  secure.options.tls_fingerprint = spelled;
  CHECK(secure.complaint().empty());
  for (auto bad : {"aa", "no", "AA:AA"}) {
    secure.options.tls_fingerprint = bad;
    CHECK(secure.complaint().find("has 64 hex digits") != std::string::npos);
  }
}

TEST_CASE("a daemon is trusted in one way") {
  options_for secure{"https://h"};
  secure.options.tls_fingerprint = digest;
  secure.options.ca = secure.options.token_file;
  CHECK(secure.complaint().find("cannot be combined") != std::string::npos);
}

TEST_CASE("a file about trust that cannot be read is named") {
  options_for secure{"https://h"};
  secure.options.ca = "/nowhere/ca.pem";
  CHECK(secure.complaint().find("Cannot read /nowhere/ca.pem: No such file")
        != std::string::npos);
}
