#pragma once

#include "domain/errc.hpp"

#include <span>
#include <string_view>

namespace bridgekeeper {

/// What explains a reason, for explanations: the rule or timer that
/// decides, the setting that configures it, and what a person does next.
struct reason_guide {
  errc code;
  /// A sentence.
  std::string_view rule;
  /// The key in the configuration, such as `heartbeat.timeout`; empty if the
  /// rule cannot be configured.
  std::string_view setting;
  /// A sentence, or several.
  std::string_view next;
};

/// Returns the guide to `code`; every enumerator has one.
[[nodiscard]] const reason_guide& guide_to(errc code) noexcept;

/// All guides, in the order of `all_reasons`. For tests.
[[nodiscard]] std::span<const reason_guide> all_guides() noexcept;

} // namespace bridgekeeper
