#pragma once

#include "domain/dispatch_life.hpp"

#include <cstdint>
#include <initializer_list>

namespace bridgekeeper::store {

/// Some of the states of a dispatch.
class state_set {
public:
  constexpr state_set() = default;

  constexpr state_set(std::initializer_list<dispatch_state> states) {
    for (auto x : states)
      bits_ |= bit(x);
  }

  constexpr void add(state_set x) noexcept {
    bits_ |= x.bits_;
  }

  [[nodiscard]] constexpr bool contains(dispatch_state x) const noexcept {
    return (bits_ & bit(x)) != 0;
  }

  [[nodiscard]] constexpr bool empty() const noexcept {
    return bits_ == 0;
  }

  /// Bit n stands for the state with that number.
  [[nodiscard]] constexpr std::uint32_t bits() const noexcept {
    return bits_;
  }

private:
  [[nodiscard]] static constexpr std::uint32_t bit(dispatch_state x) noexcept {
    return std::uint32_t{1} << static_cast<unsigned>(x);
  }

  std::uint32_t bits_ = 0;
};

/// The bridge has the attempt, or may have it.
inline constexpr state_set on_link{
    dispatch_state::sent, dispatch_state::accepted, dispatch_state::running};

inline constexpr state_set unfinished{
    dispatch_state::queued, dispatch_state::sent, dispatch_state::accepted,
    dispatch_state::running};

} // namespace bridgekeeper::store
