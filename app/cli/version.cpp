#include "app/cli/version.hpp"

#include <boost/version.hpp>
#include <caf/config.hpp>
#include <nlohmann/json.hpp>
#include <openssl/crypto.h>

namespace bridgekeeper::app {

namespace {

std::string dotted(int major, int minor, int patch) {
  return std::to_string(major) + "." + std::to_string(minor) + "."
         + std::to_string(patch);
}

} // namespace

std::string_view version() noexcept {
  return BRIDGEKEEPER_VERSION;
}

std::string version_text() {
  auto line = [](std::string_view name, std::string_view number) {
    return std::string{name}.append(" ").append(number).append("\n");
  };
  auto caf =
      dotted(CAF_VERSION / 10'000, CAF_VERSION / 100 % 100, CAF_VERSION % 100);
  auto boost = dotted(BOOST_VERSION / 100'000, BOOST_VERSION / 100 % 1000,
                      BOOST_VERSION % 100);
  auto json = dotted(NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                     NLOHMANN_JSON_VERSION_PATCH);
  // OpenSSL is linked dynamically, so its version at run time may differ from
  // the one at build time.
  return line("bridgekeeper", version()) + line("CAF", caf)
         + line("Boost", boost)
         + line("OpenSSL", ::OpenSSL_version(OPENSSL_VERSION_STRING))
         + line("nlohmann/json", json);
}

} // namespace bridgekeeper::app
