#pragma once

#include "domain/ids.hpp"
#include "store/dispatches/operations.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace bridgekeeper::actors {

/// An attempt that has ended without a response.
struct ended_attempt {
  message_id message;
  shared_session session;
  store::dispatch_number row{};
  std::uint16_t attempt = 1;
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
  [[nodiscard]] std::optional<ended_attempt> take(const message_id& id) {
    for (auto pos = attempts_.begin(); pos != attempts_.end(); ++pos)
      if (pos->message == id) {
        std::optional out{std::move(*pos)};
        attempts_.erase(pos);
        return out;
      }
    return std::nullopt;
  }

private:
  std::deque<ended_attempt> attempts_;
};

} // namespace bridgekeeper::actors
