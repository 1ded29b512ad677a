#include "app/bridge/agent_name.hpp"

#include "domain/ids.hpp"
#include "domain/limits.hpp"

#include <array>
#include <unistd.h>

namespace bridgekeeper::app {

std::string agent_id_from(std::string_view hostname) {
  std::string out;
  for (auto c : hostname) {
    auto fits = is_valid_agent_id({&c, 1}) && c != '-';
    if (fits)
      out += c;
    else if (!out.empty() && out.back() != '-')
      out += '-';
    if (out.size() == max_agent_id_length)
      break;
  }
  if (out.ends_with('-'))
    out.pop_back();
  return out.empty() ? "agent" : out;
}

std::string host_name() {
  std::array<char, 256> buffer{};
  if (::gethostname(buffer.data(), buffer.size() - 1) != 0)
    return {};
  return buffer.data();
}

} // namespace bridgekeeper::app
