#pragma once

#include <boost/intrusive/list.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace bridgekeeper {

/// What is ranked by a size; `Size` tells several rankings apart. Leaves the
/// ranking by itself when it ends.
template <class Size = void>
class ranked : public boost::intrusive::list_base_hook<
                   boost::intrusive::tag<Size>,
                   boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
private:
  template <class, class>
  friend class size_ranking;

  std::size_t rank_ = 0;
};

/// Knows which of many is the largest, to within a factor of two: enough to
/// take from those who have most, at the price of a comparison a change. Does
/// not own what it ranks.
template <class T, class Size = void>
class size_ranking {
public:
  /// `x` has this size now.
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

  /// One of the largest, the same until it is smaller: its memory is warm. Null
  /// if all are empty.
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

  /// By the number of bits of a size.
  std::array<list, 65> ranks_;
  /// Ranks that may have members.
  std::uint64_t occupied_ = 0;
};

} // namespace bridgekeeper
