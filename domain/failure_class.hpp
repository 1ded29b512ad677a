#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace bridgekeeper {

/// Why a task failed, as far as its bridge could tell: what a requester can act
/// on, where the error's text is only for people. The numbers are stable and
/// never reused, because the store keeps them.
enum class failure_class : std::uint8_t {
  /// The agent's provider takes no more requests for now.
  rate_limited = 1,
  /// The agent is not logged in, or its credentials were rejected.
  auth = 2,
  /// The agent used up the turns that it was allowed.
  max_turns = 3,
  /// The agent used up the money that it was allowed, or its account has none.
  budget = 4,
  /// The agent's process ended without saying how the task ended.
  crashed = 5,
  /// The task took longer than it was allowed.
  timed_out = 6,
  /// The agent printed nothing for too long.
  idle = 7,
  /// The task and what the agent read for it exceed the model's context.
  context_too_long = 8,
  /// The agent no longer has the session that the task should continue.
  no_session = 9,
};

/// The name used in JSON and on the command line: `rate_limited`.
[[nodiscard]] std::string_view to_string(failure_class x) noexcept;

[[nodiscard]] std::optional<failure_class>
to_failure_class(std::string_view name) noexcept;

/// The class of the number that the store keeps.
[[nodiscard]] std::optional<failure_class>
to_failure_class(std::int64_t number) noexcept;

/// A sentence for people, without a full stop.
[[nodiscard]] std::string_view sentence(failure_class x) noexcept;

/// All of them, in the order of their numbers.
[[nodiscard]] std::span<const failure_class> failure_classes() noexcept;

/// Some of them.
class failure_class_set {
public:
  constexpr void add(failure_class x) noexcept {
    bits_ |= bit(x);
  }

  [[nodiscard]] constexpr bool contains(failure_class x) const noexcept {
    return (bits_ & bit(x)) != 0;
  }

  friend constexpr bool operator==(failure_class_set,
                                   failure_class_set) = default;

private:
  [[nodiscard]] static constexpr std::uint32_t bit(failure_class x) noexcept {
    return std::uint32_t{1} << static_cast<unsigned>(x);
  }

  std::uint32_t bits_ = 0;
};

} // namespace bridgekeeper
