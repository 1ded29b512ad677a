#include "actors/console/tail_backlog.hpp"

#include <utility>

namespace bridgekeeper::actors {

std::string tail_backlog::take() {
  auto out = std::exchange(text_, {});
  lines_ = 0;
  if (auto count = std::exchange(left_out_, 0))
    // An object like every other line, for those who read them with a program.
    out += R"({"event_type":"gap","message":")" + std::to_string(count)
           + R"( events left out","left_out":)" + std::to_string(count) + "}\n";
  return out;
}

} // namespace bridgekeeper::actors
