#pragma once

#include "domain/micro_usd.hpp"
#include "domain/timestamp.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper {

/// Spending limits; an amount of 0 means no limit.
struct cost_limits {
  micro_usd session{5'000'000};
  /// Per day in UTC.
  micro_usd daily{10'000'000};
  /// Reserved for a dispatch that has a price, until its response reports the
  /// cost.
  micro_usd reservation{10'000};
  /// Warn when this fraction of a limit is reached.
  double warning_threshold = 0.8;
  /// Session spending restarts at 0 after this time; 0: only on an explicit
  /// reset.
  std::chrono::microseconds session_window = std::chrono::hours{24};

  /// No limits.
  [[nodiscard]] static cost_limits none() {
    cost_limits out;
    out.session = out.daily = out.reservation = {};
    out.session_window = {};
    return out;
  }

  [[nodiscard]] bool off() const noexcept {
    return session == micro_usd{} && daily == micro_usd{};
  }
};

/// The current spending, as reported by `GET /control/context` (contract
/// section 3).
struct cost_view {
  struct account {
    micro_usd spent;
    /// 0: unlimited.
    micro_usd limit;
    /// Unset if there is no limit.
    std::optional<micro_usd> remaining;
    bool warning = false;
    /// Start of the period in which spending is counted, and its end, when
    /// spending restarts at 0. The end is unset if there is none.
    timestamp since;
    std::optional<timestamp> starts_again;
  };

  account session;
  account daily;
  /// Reserved for dispatches in progress.
  micro_usd reserved;
};

/// Tracks spending in the session and today, and the money reserved for
/// dispatches in progress. A dispatch is refused if a limit could be exceeded,
/// assuming that every dispatch in progress costs its reservation. As a result,
/// many concurrent dispatches overshoot a limit no further than a single one
/// would. Not thread-safe; callers pass the time.
class cost_ledger {
public:
  explicit cost_ledger(const cost_limits& limits = {}) : limits_(limits) {}

  /// Applies to later dispatches; existing reservations stay as they are.
  void change_limits(const cost_limits& limits);

  /// What an earlier daemon has spent today, and in the session since `since`.
  /// Call this before anything else.
  void restore(micro_usd session, timestamp since, micro_usd today,
               timestamp now);

  /// Reserves money, or returns nothing and changes nothing if the limits leave
  /// no room. The amount must be given back exactly once, with `release` or
  /// `settle`. A dispatch without a price reserves nothing, but is still
  /// refused once a limit is reached.
  [[nodiscard]] std::optional<micro_usd> reserve(timestamp now, bool has_price);

  /// Reserves as much as `reserve` would, even if there is no room for it.
  [[nodiscard]] micro_usd reserve_unchecked(bool has_price);

  /// The dispatch ended without a known cost.
  void release(micro_usd held) noexcept;

  /// The dispatch cost `cost`, which counts for the current day. Returns true
  /// if a total has come close to its limit for the first time.
  [[nodiscard]] bool settle(micro_usd held, micro_usd cost, timestamp now);

  /// Restarts session spending at 0. Reservations are kept.
  void reset_session(timestamp now);

  [[nodiscard]] cost_view view(timestamp now);

  /// Explains why there is no room. The first line has the contract's wording,
  /// in which reservations count as spent. The second line names the settings
  /// and says when there will be room again.
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
  /// Unset until the first use.
  std::optional<timestamp> session_since_;
};

} // namespace bridgekeeper
