#pragma once

#include <cstddef>
#include <vector>

namespace bridgekeeper::bench {

/// What a requester has been told of the dispatch in each of its slots. A slot
/// is done when both have arrived: the acknowledgement that the dispatch is
/// stored, and its outcome. They come over different connections, so either may
/// be first.
class receipts {
public:
  receipts(std::size_t requesters, std::size_t in_flight)
    : in_flight_(in_flight), has_one_(requesters * in_flight) {}

  /// One of the two has arrived. Returns whether it completes the pair; the
  /// slot may then be used again.
  [[nodiscard]] bool add(std::size_t requester, std::size_t slot) {
    bool has_one = has_one_.at(requester * in_flight_ + slot);
    has_one_[requester * in_flight_ + slot] = !has_one;
    return has_one;
  }

private:
  std::size_t in_flight_;
  std::vector<bool> has_one_;
};

} // namespace bridgekeeper::bench
