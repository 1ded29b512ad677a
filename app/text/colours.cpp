#include "app/text/colours.hpp"

#include <cstdlib>
#include <string_view>
#include <unistd.h>

namespace bridgekeeper::app {

bool shows_colours(int descriptor) {
  auto unwanted = std::getenv("NO_COLOR");
  if (unwanted != nullptr && *unwanted != '\0')
    return false;
  auto kind = std::getenv("TERM");
  return kind != nullptr && std::string_view{kind} != "dumb"
         && ::isatty(descriptor) == 1;
}

} // namespace bridgekeeper::app
