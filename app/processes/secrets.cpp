#include "app/processes/secrets.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace bridgekeeper::app {

namespace {

constexpr std::array<const char*, 4> secret_names{
    "BRIDGEKEEPER_TOKEN", "BRIDGEKEEPER_AUTH_TOKENS", "VIBEFORGE_AUTH_TOKEN",
    "VIBEFORGE_AUTH_TOKENS"};

} // namespace

bool is_secret_entry(std::string_view entry) noexcept {
  auto name = entry.substr(0, entry.find('='));
  return std::find(secret_names.begin(), secret_names.end(), name)
         != secret_names.end();
}

void erase_secrets() noexcept {
  for (auto x = environ; x != nullptr && *x != nullptr; ++x)
    if (is_secret_entry(*x))
      if (auto value = std::strchr(*x, '='))
        ::explicit_bzero(value + 1, std::strlen(value + 1));
  for (auto name : secret_names)
    ::unsetenv(name);
}

} // namespace bridgekeeper::app
