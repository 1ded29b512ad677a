#include "app/command_line/version.hpp"

#include <boost/version.hpp>
#include <nlohmann/json.hpp>
#include <openssl/crypto.h>

namespace bridgekeeper::app {

std::string version_line(std::string_view name, std::string_view number) {
  return std::string{name}.append(" ").append(number).append("\n");
}

std::string dotted(int major, int minor, int patch) {
  return std::to_string(major) + "." + std::to_string(minor) + "."
         + std::to_string(patch);
}

std::string library_versions() {
  auto boost = dotted(BOOST_VERSION / 100'000, BOOST_VERSION / 100 % 1000,
                      BOOST_VERSION % 100);
  auto json = dotted(NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                     NLOHMANN_JSON_VERSION_PATCH);
  // OpenSSL is linked dynamically, so its version at run time may differ from
  // the one at build time.
  return version_line("Boost", boost)
         + version_line("OpenSSL", ::OpenSSL_version(OPENSSL_VERSION_STRING))
         + version_line("nlohmann/json", json);
}

} // namespace bridgekeeper::app
