#pragma once

#include <boost/intrusive/list.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace bridgekeeper {

/// Base class of elements ranked by size; `Size` distinguishes several
/// rankings. The destructor removes the element from its ranking.
template <class Size = void>
class ranked : public boost::intrusive::list_base_hook<
                   boost::intrusive::tag<Size>,
                   boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
private:
  template <class, class>
  friend class size_ranking;

  std::size_t rank_ = 0;
};

/// Finds the largest of many elements to within a factor of two. That is
/// precise enough for taking from the agents that have the most, and each
/// update costs only a comparison. Does not own its elements.
template <class T, class Size = void>
class size_ranking {
public:
  /// Sets the current size of `x`.
  void update(T& x, std::size_t size) {
    auto rank = static_cast<std::size_t>(std::bit_width(size));
    ranked<Size>& hook = x;
    if (rank == hook.rank_)
      return;
    hook.unlink();
    hook.rank_ = rank;
    if (rank == 0)
      return;
    ranks_[rank].push_back(x);
    occupied_ |= bit(rank);
  }

  /// One of the largest elements. Returns the same one until it has become
  /// smaller, because its memory is then still in the cache. Null if all are
  /// empty.
  [[nodiscard]] T* largest() {
    while (occupied_ != 0) {
      auto rank = static_cast<std::size_t>(std::bit_width(occupied_));
      auto& equals = ranks_[rank];
      if (!equals.empty())
        return &equals.front();
      occupied_ &= ~bit(rank);
    }
    return nullptr;
  }

private:
  using list =
      boost::intrusive::list<T, boost::intrusive::base_hook<ranked<Size>>,
                             boost::intrusive::constant_time_size<false>>;

  static constexpr std::uint64_t bit(std::size_t rank) noexcept {
    return std::uint64_t{1} << (rank - 1);
  }

  /// Indexed by the number of bits in a size.
  std::array<list, 65> ranks_;
  /// Bit set of ranks that may have members.
  std::uint64_t occupied_ = 0;
};

} // namespace bridgekeeper
