#include "app/files/environment.hpp"

#include <string_view>
#include <unistd.h>

namespace bridgekeeper::app {

environment_map current_environment() {
  environment_map out;
  for (auto x = environ; x != nullptr && *x != nullptr; ++x) {
    std::string_view line{*x};
    if (auto i = line.find('='); i != std::string_view::npos)
      out.emplace(line.substr(0, i), line.substr(i + 1));
  }
  return out;
}

} // namespace bridgekeeper::app
