#pragma once

#include "domain/complaint_throttle.hpp"
#include "domain/cost_ledger.hpp"
#include "domain/ids.hpp"
#include "domain/priced_agents.hpp"
#include "domain/rate_window.hpp"
#include "domain/result.hpp"
#include "domain/timestamp.hpp"
#include "domain/usage_cost.hpp"

#include <boost/system/result.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace bridgekeeper {

/// The defaults are those of the replaced server (contract section 5). A rate
/// or an amount of 0 means no limit.
struct admission_limits {
  /// Dispatches in any 60 s.
  std::int64_t agent_per_minute = 10;
  std::int64_t ip_per_minute = 50;
  cost_limits cost;
  /// For bridges that report tokens but no cost.
  micro_usd per_1k_tokens;
  /// A larger reported cost of one dispatch is ignored as implausible.
  micro_usd max_per_dispatch{100'000'000};

  /// No limits.
  [[nodiscard]] static admission_limits none() {
    return {0, 0, cost_limits::none(), {}, {}};
  }
};

/// One point in time on two clocks: rates need a clock that never jumps, daily
/// limits need the calendar.
struct moment {
  std::chrono::steady_clock::time_point steady;
  timestamp wall;
};

/// The two rate windows in which a dispatch is counted.
struct dispatch_rates {
  rate_view agent;
  rate_view ip;
};

/// Why a dispatch was not admitted, with the state of its limits at that time.
struct admission_refusal {
  failure why;
  /// For `rate_limited`: the two windows, and whether the agent's is full.
  dispatch_rates rates;
  bool agent_is_full = false;
  /// For `cost_limit`: the spending, and whether to log this refusal. If set,
  /// the number says how many refusals have not been logged since the last one
  /// that was.
  cost_view costs;
  std::optional<std::size_t> log_after;
};

/// Decides whether another dispatch may start. The daemon has a single
/// instance, shared by all I/O threads. Thread-safe: one lock covers the
/// windows and the ledger, because a dispatch counts in all of them or in none.
/// The lock is held for a few lookups only, and is not taken at all if there
/// are no limits.
class admission {
public:
  /// The cost of a settled dispatch and the resulting totals.
  struct settlement {
    micro_usd cost;
    micro_usd session_total;
    micro_usd daily_total;
    /// A total has come close to its limit for the first time.
    bool warning = false;
    /// The reported cost in US dollars, if it was not believed.
    std::optional<double> implausible;
  };

  /// Held by an admitted dispatch. Its destructor returns the reserved money
  /// unless the reservation was settled. Must not outlive the admission.
  class reservation {
  public:
    reservation() = default;

    reservation(admission& owner, micro_usd held)
      : owner_(&owner), held_(held) {}

    reservation(reservation&& other) noexcept
      : owner_(std::exchange(other.owner_, nullptr)), held_(other.held_) {}

    reservation& operator=(reservation&& other) noexcept {
      std::swap(owner_, other.owner_);
      std::swap(held_, other.held_);
      return *this;
    }

    ~reservation() {
      release();
    }

    /// The dispatch has ended and its cost is unknown.
    void release() noexcept;

    /// The price by which to compute the cost. Requires an active reservation.
    [[nodiscard]] usage_price price() const noexcept;

    /// The dispatch has ended with this cost. If the cost is not 0, `agent`'s
    /// work is known to have a price from now on. Returns nothing if there was
    /// neither a cost nor an implausible report.
    std::optional<settlement> settle(const agent_id& agent,
                                     const usage_cost& found, timestamp now);

  private:
    admission* owner_ = nullptr;
    micro_usd held_;
  };

  explicit admission(const admission_limits& limits);

  admission(const admission&) = delete;
  admission& operator=(const admission&) = delete;

  /// Applies to later dispatches.
  void change_limits(const admission_limits& limits);

  /// What an earlier daemon has spent. Call this before anything else.
  void restore(micro_usd session, timestamp since, micro_usd today,
               timestamp now);

  /// Counts a dispatch to `agent`, requested from `ip`, or says why it was
  /// refused. A refused dispatch counts in no window. Money is reserved only if
  /// a price is known, that is, if tokens have a price or the agent has
  /// reported a cost before.
  [[nodiscard]] boost::system::result<reservation, admission_refusal>
  admit(const agent_id& agent, const std::string& ip, moment now);

  /// Removes an admitted dispatch from the rate windows, because it could not
  /// be accepted. Its reservation is released separately.
  void take_back(const agent_id& agent, const std::string& ip);

  /// Reserves money for a further attempt of a dispatch that was admitted, or
  /// for one that an earlier daemon has admitted, whatever the limits are.
  /// Counts in no rate window.
  [[nodiscard]] reservation reserve_again(const agent_id& agent);

  /// Counts nothing. An empty id or address yields an unused window.
  [[nodiscard]] dispatch_rates rates(const agent_id& agent,
                                     const std::string& ip,
                                     std::chrono::steady_clock::time_point now);

  [[nodiscard]] cost_view costs(timestamp now);

  /// Restarts session spending at 0. Returns the state before the reset.
  cost_view reset_session(timestamp now);

private:
  [[nodiscard]] bool has_price(const agent_id& agent) const;
  [[nodiscard]] admission_refusal refuse_cost(const agent_id& agent,
                                              moment now);
  void release(micro_usd held) noexcept;
  [[nodiscard]] settlement settle(const agent_id& agent, micro_usd held,
                                  micro_usd cost, timestamp now);

  /// Minimum time between two log lines about a limit that stays reached.
  static constexpr std::chrono::seconds refusal_interval{60};

  std::mutex mutex_;
  rate_window agents_;
  rate_window ips_;
  cost_ledger costs_;
  priced_agents priced_;
  complaint_throttle refusals_{refusal_interval};
  /// The atomics below are read without the lock.
  std::atomic<bool> limited_;
  std::atomic<std::int64_t> per_1k_tokens_;
  std::atomic<std::int64_t> max_per_dispatch_;
};

} // namespace bridgekeeper
