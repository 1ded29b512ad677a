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

struct admission_limits {
  /// Dispatches in any 60 s; 0 or less: off.
  std::int64_t agent_per_minute = 0;
  std::int64_t ip_per_minute = 0;
  cost_limits cost;
  /// For bridges that report tokens and no cost.
  micro_usd per_1k_tokens;
  /// The largest cost of a dispatch that is believed; 0: any.
  micro_usd max_per_dispatch;
};

/// When something happens, on both clocks: rates want one that never jumps,
/// days want the calendar.
struct moment {
  std::chrono::steady_clock::time_point steady;
  timestamp wall;
};

/// The two windows that a dispatch counts in.
struct dispatch_rates {
  rate_view agent;
  rate_view ip;
};

/// Why a dispatch was not admitted, and what its limits looked like then.
struct admission_refusal {
  failure why;
  /// Of `rate_limited`: the windows, and which of them is full.
  dispatch_rates rates;
  bool agent_is_full = false;
  /// Of `cost_limit`: what was spent, and whether to log this refusal. The
  /// number is how many refusals were not logged since the last one.
  cost_view costs;
  std::optional<std::size_t> log_after;
};

/// Decides whether one more dispatch may be begun. One for the daemon, shared
/// by all I/O threads. Thread-safe: the windows and the ledger are behind one
/// lock, because a dispatch counts in all of them or in none, and it is held
/// for a few look-ups. Without any limit there is no lock.
class admission {
public:
  /// What a settled dispatch cost, and what that makes in all.
  struct settlement {
    micro_usd cost;
    micro_usd session_total;
    micro_usd daily_total;
    /// A total has come close to its limit, for the first time.
    bool warning = false;
    /// What was reported in US dollars, where that was not believed.
    std::optional<double> implausible;
  };

  /// The place of a dispatch that was let in. Gives back what was set aside for
  /// it when it is let go of without having been settled. Must not outlive the
  /// admission.
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

    /// The dispatch has ended, and nobody says what it cost.
    void release() noexcept;

    /// By which its cost is found. Of a reservation that is held.
    [[nodiscard]] usage_price price() const noexcept;

    /// The dispatch has ended and cost this much. From now on `agent`'s work is
    /// known to have a price, if it cost anything. Nothing if it did not.
    std::optional<settlement> settle(const agent_id& agent,
                                     const usage_cost& found, timestamp now);

  private:
    admission* owner_ = nullptr;
    micro_usd held_;
  };

  explicit admission(const admission_limits& limits = {});

  admission(const admission&) = delete;
  admission& operator=(const admission&) = delete;

  /// New limits for what comes from now on.
  void change_limits(const admission_limits& limits);

  /// Counts a dispatch to `agent`, requested from `ip`, or says why it may not
  /// begin. A refused dispatch counts in no window. Money is set aside only
  /// where a price is known: tokens have one, or the agent has reported a cost
  /// before.
  [[nodiscard]] boost::system::result<reservation, admission_refusal>
  admit(const agent_id& agent, const std::string& ip, moment now);

  /// Counts nothing. An empty id or address shows an unused window.
  [[nodiscard]] dispatch_rates rates(const agent_id& agent,
                                     const std::string& ip,
                                     std::chrono::steady_clock::time_point now);

  [[nodiscard]] cost_view costs(timestamp now);

  /// Session spending starts again at 0. Returns how things stood before.
  cost_view reset_session(timestamp now);

private:
  [[nodiscard]] bool has_price(const agent_id& agent) const;
  [[nodiscard]] admission_refusal refuse_cost(const agent_id& agent,
                                              moment now);
  void release(micro_usd held) noexcept;
  [[nodiscard]] settlement settle(const agent_id& agent, micro_usd held,
                                  micro_usd cost, timestamp now);

  /// Between two log lines of a limit that stays reached.
  static constexpr std::chrono::seconds refusal_interval{60};

  std::mutex mutex_;
  rate_window agents_;
  rate_window ips_;
  cost_ledger costs_;
  priced_agents priced_;
  complaint_throttle refusals_{refusal_interval};
  /// Read without the lock.
  std::atomic<bool> limited_;
  std::atomic<std::int64_t> per_1k_tokens_;
  std::atomic<std::int64_t> max_per_dispatch_;
};

} // namespace bridgekeeper
