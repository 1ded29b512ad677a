#include "domain/hex.hpp"

#include <boost/algorithm/hex.hpp>

#include <iterator>

namespace bridgekeeper {

std::string to_hex(std::span<const unsigned char> bytes) {
  std::string out;
  out.reserve(2 * bytes.size());
  boost::algorithm::hex_lower(bytes.begin(), bytes.end(),
                              std::back_inserter(out));
  return out;
}

} // namespace bridgekeeper
