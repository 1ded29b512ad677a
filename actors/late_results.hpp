#pragma once

#include "domain/ids.hpp"
#include "domain/time_point.hpp"
#include "store/dispatches/operations.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace bridgekeeper::actors {

/// An attempt that has ended without a response, which may yet come: its bridge
/// does not know and works on.
struct ended_attempt {
  /// The id that the bridge knows it by.
  message_id wire_id;
  message_id message;
  shared_session session;
  store::dispatch_number row{};
  std::uint16_t attempt = 1;
  /// Until then the bridge is taken to be busy with it.
  time_point busy_until{};
};

/// The newest attempts of one bridge that have ended without a response. Pure
/// bookkeeping.
class late_results {
public:
  /// A stock bridge works on one task at a time, so few can be late.
  static constexpr std::size_t capacity = 100;

  void expect(ended_attempt x) {
    if (attempts_.size() == capacity)
      attempts_.pop_front();
    attempts_.push_back(std::move(x));
  }

  /// The attempt that a response with this id belongs to. Each is taken once.
  [[nodiscard]] std::optional<ended_attempt> take(const message_id& wire_id) {
    for (auto pos = attempts_.begin(); pos != attempts_.end(); ++pos)
      if (pos->wire_id == wire_id) {
        std::optional out{std::move(*pos)};
        attempts_.erase(pos);
        return out;
      }
    return std::nullopt;
  }

  [[nodiscard]] bool empty() const noexcept {
    return attempts_.empty();
  }

  /// How many of them the bridge is taken to be busy with.
  [[nodiscard]] std::size_t count_busy(time_point now) const noexcept {
    return static_cast<std::size_t>(
        std::count_if(attempts_.begin(), attempts_.end(),
                      [now](const auto& x) { return x.busy_until > now; }));
  }

  /// When that number changes next, unless a response comes first.
  [[nodiscard]] std::optional<time_point> next_change(time_point now) const {
    std::optional<time_point> out;
    for (const auto& x : attempts_)
      if (x.busy_until > now)
        out = std::min(out.value_or(x.busy_until), x.busy_until);
    return out;
  }

private:
  std::deque<ended_attempt> attempts_;
};

} // namespace bridgekeeper::actors
