#pragma once

#include "domain/micro_usd.hpp"
#include "domain/timestamp.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper {

/// What may be spent. A limit of 0 is none.
struct cost_limits {
  micro_usd session;
  /// Of a day in UTC.
  micro_usd daily;
  /// Set aside for a dispatch that has a price, until its response says what it
  /// cost.
  micro_usd reservation;
  /// The part of a limit at which to warn.
  double warning_threshold = 0.8;
  /// After this time session spending starts again at 0; 0: only a reset does
  /// that.
  std::chrono::microseconds session_window{0};

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
    /// Since when spending counts, and when it starts again at 0; nothing:
    /// not by itself.
    timestamp since;
    std::optional<timestamp> starts_again;
  };

  account session;
  account daily;
  /// Set aside for dispatches under way.
  micro_usd reserved;
};

/// What was spent in the session and today, and what is set aside for
/// dispatches under way. A dispatch is refused where it might lead past a limit
/// if everything under way costs what is set aside for it, so many at once
/// overshoot no further than one would. Not thread-safe; told what time it is.
class cost_ledger {
public:
  explicit cost_ledger(const cost_limits& limits = {}) : limits_(limits) {}

  /// From now on. What is set aside already stays so.
  void change_limits(const cost_limits& limits);

  /// Sets money aside; nothing, and no change, where there is no room for it.
  /// The amount goes back with `release` or `settle`, once. Nothing is set
  /// aside for a dispatch without a price; it is refused all the same once a
  /// limit is reached.
  [[nodiscard]] std::optional<micro_usd> reserve(timestamp now, bool has_price);

  /// The dispatch ended without saying what it cost.
  void release(micro_usd held) noexcept;

  /// It did cost that; counts for the day on which it is known. True if this
  /// is the first time that a total has come this close to its limit.
  [[nodiscard]] bool settle(micro_usd held, micro_usd cost, timestamp now);

  /// Session spending starts again at 0. What is set aside stays so.
  void reset_session(timestamp now);

  [[nodiscard]] cost_view view(timestamp now);

  /// Why there is no room. The first line has the contract's words, in which
  /// what is set aside counts; the second names the settings and says when
  /// there will be room.
  [[nodiscard]] std::string refusal(timestamp now, bool has_price);

private:
  struct account {
    micro_usd spent;
    bool warned = false;
  };

  void turn_page(timestamp now);
  void reset_at(timestamp now);
  [[nodiscard]] micro_usd share_of(bool has_price) const;
  [[nodiscard]] bool has_room(const account& x, micro_usd limit,
                              micro_usd wanted) const;
  [[nodiscard]] bool is_close(const account& x, micro_usd limit) const;
  [[nodiscard]] bool crosses(account& x, micro_usd limit) const;
  [[nodiscard]] cost_view::account show(const account& x,
                                        micro_usd limit) const;

  cost_limits limits_;
  account session_;
  account daily_;
  micro_usd reserved_;
  std::chrono::sys_days today_{};
  /// Nothing until the first use.
  std::optional<timestamp> session_since_;
};

} // namespace bridgekeeper
