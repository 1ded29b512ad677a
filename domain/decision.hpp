#pragma once

#include "domain/errc.hpp"
#include "domain/ids.hpp"
#include "domain/timestamp.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace bridgekeeper {

/// What a decision is about, as far as explanations depend on it.
enum class decision_topic : std::uint8_t {
  other,
  /// The agent's link has begun.
  connected,
  /// The agent's link has ended.
  disconnected,
  /// The dispatch was accepted and waits.
  queued,
  /// An attempt of the dispatch has failed, and another one follows.
  retried,
  /// The dispatch has ended without a result.
  ended,
  /// Something was refused: a request, a dispatch, a message of the bridge.
  refused,
  /// A bridge was refused before it had registered.
  turned_away,
};

/// Something that the daemon has decided about an agent, a dispatch or a
/// request, as an explanation tells it.
struct decision {
  timestamp at{};
  decision_topic topic = decision_topic::other;
  /// What has happened: a sentence.
  std::string text;
  std::optional<errc> why = {};
  /// The rule or timer that has decided: a sentence. Empty if none has.
  std::string rule = {};
  /// The key of the setting that configures the rule, and the value that
  /// applied; both empty if the rule cannot be configured. If a request has
  /// named the value, the setting is the request's field: `timeout_s`.
  std::string setting = {};
  std::string value = {};
  /// What to do about it, while it applies. Empty if nothing.
  std::string next = {};
  /// How often the same happened in a row, and since when.
  std::uint64_t times = 1;
  timestamp since{};
  /// Whom it is about, so that it can be erased with them; set by the log.
  agent_id agent = {};
  message_id message = {};
};

/// Whether both say the same of different times.
[[nodiscard]] bool is_repetition(const decision& x, const decision& of);

/// Approximate memory use in bytes, for enforcing bounds.
[[nodiscard]] std::size_t footprint(const decision& x) noexcept;

/// A decision that has this reason, with the rule, the setting and the advice
/// of the reason's guide. The setting's value is left open.
[[nodiscard]] decision make_decision(timestamp at, decision_topic topic,
                                     errc why, std::string text);

} // namespace bridgekeeper
