#include "protocol/ids.hpp"

#include "protocol/limits.hpp"

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <algorithm>

namespace bridgekeeper::protocol {

bool is_valid_agent_id(std::string_view text) noexcept {
  auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '-';
  };
  return !text.empty() && text.size() <= max_agent_id_length
         && std::all_of(text.begin(), text.end(), allowed);
}

agent_id make_agent_id(std::string_view name) {
  constexpr std::size_t random_digits = 6;
  std::string out;
  for (auto c : name) {
    auto is_upper = c >= 'A' && c <= 'Z';
    if (is_upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
      out += is_upper ? static_cast<char>(c - 'A' + 'a') : c;
    else if (!out.empty() && out.back() != '-')
      out += '-';
    if (out.size() + 1 + random_digits == max_agent_id_length)
      break;
  }
  if (!out.empty() && out.back() == '-')
    out.pop_back();
  if (out.empty())
    out = "agent";
  return agent_id{out + '-' + make_uuid().substr(0, random_digits)};
}

std::string make_uuid() {
  // A generator of its own a thread: seeding reads the kernel's entropy once.
  thread_local boost::uuids::random_generator_mt19937 generate;
  return boost::uuids::to_string(generate());
}

} // namespace bridgekeeper::protocol
