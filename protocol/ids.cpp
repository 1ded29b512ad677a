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

std::string make_uuid() {
  // A generator of its own a thread: seeding reads the kernel's entropy once.
  thread_local boost::uuids::random_generator_mt19937 generate;
  return boost::uuids::to_string(generate());
}

} // namespace bridgekeeper::protocol
