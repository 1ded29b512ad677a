#pragma once

#include "protocol/micro_usd.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace bridgekeeper::actors {

using protocol::micro_usd;

/// What may be spent. A limit of 0 is none.
struct cost_limits {
  micro_usd session;
  /// Of a day in UTC.
  micro_usd daily;
  /// Set aside for a dispatch until its response says what it cost.
  micro_usd reservation;
  /// The part of a limit at which to warn.
  double warning_threshold = 0.8;

  [[nodiscard]] bool off() const noexcept {
    return session == micro_usd{} && daily == micro_usd{};
  }
};

/// How things stand, as `GET /control/context` says it (contract section 3).
struct cost_view {
  struct account {
    micro_usd spent;
    /// 0: unlimited.
    micro_usd limit;
    /// Nothing where there is no limit.
    std::optional<micro_usd> remaining;
    bool warning = false;
  };

  account session;
  account daily;
};

/// What was spent, since the daemon started and today, and what is set aside
/// for dispatches under way. A dispatch is refused where it might lead past a
/// limit if everything under way costs what is set aside for it, so many at
/// once overshoot no further than one would. Not thread-safe; told what day it
/// is.
class cost_ledger {
public:
  using day = std::chrono::sys_days;

  explicit cost_ledger(const cost_limits& limits = {}) : limits_(limits) {}

  /// From now on. What is set aside already stays so.
  void change_limits(const cost_limits& limits);

  /// Sets money aside; nothing, and no change, where there is no room for it.
  /// The amount goes back with `release` or `settle`, once.
  [[nodiscard]] std::optional<micro_usd> reserve(day today);

  /// The dispatch ended without saying what it cost.
  void release(micro_usd held) noexcept;

  /// It did cost that; counts for the day on which it is known. True if this
  /// is the first time that a total has come this close to its limit.
  [[nodiscard]] bool settle(micro_usd held, micro_usd cost, day today);

  [[nodiscard]] cost_view view(day today);

  /// Why there is no room, in the contract's words. What is set aside counts.
  [[nodiscard]] std::string refusal(day today);

private:
  struct account {
    micro_usd spent;
    bool warned = false;
  };

  void turn_page(day today);
  [[nodiscard]] bool has_room(const account& x, micro_usd limit) const;
  [[nodiscard]] bool is_close(const account& x, micro_usd limit) const;
  [[nodiscard]] bool crosses(account& x, micro_usd limit) const;
  [[nodiscard]] cost_view::account show(const account& x,
                                        micro_usd limit) const;

  cost_limits limits_;
  account session_;
  account daily_;
  micro_usd reserved_;
  day today_{};
};

} // namespace bridgekeeper::actors
