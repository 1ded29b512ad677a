#pragma once

#include "domain/decision.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bridgekeeper {

enum class explained_kind : std::uint8_t { agent, dispatch, reason };

/// The name in JSON: `agent`.
[[nodiscard]] std::string_view to_string(explained_kind x) noexcept;

/// Why something is as it is: what was decided, in order and in sentences, and
/// what to do next.
struct explanation {
  /// Sentences in `next`.
  static constexpr std::size_t max_advice = 4;

  explained_kind kind = explained_kind::agent;
  /// The whole id, even if a short one was asked for.
  std::string id;
  /// One sentence.
  std::string summary;
  /// Oldest first. The last ones describe the present.
  std::vector<decision> steps;
  /// Sentences, the most urgent first.
  std::vector<std::string> next;
};

using explanation_ptr = std::shared_ptr<const explanation>;

/// The decisions with the reason `why`: of all agents and clients, including
/// those that belong to no agent and no dispatch.
[[nodiscard]] explanation explain_reason(errc why, std::string value,
                                         std::vector<decision> decisions);

// -- parts of explanations ----------------------------------------------------

/// A time for people: `41 s`, `2.5 s`, `11 min`, `3 h`.
[[nodiscard]] std::string duration_text(std::chrono::milliseconds x);

/// A time as settings and requests write it: `660s`.
[[nodiscard]] std::string seconds_value(std::chrono::milliseconds x);

/// Sets `next`: what the steps advise, the latest first, each once.
void collect_advice(explanation& x);

} // namespace bridgekeeper
