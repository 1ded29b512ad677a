#pragma once

#include "domain/failure_class.hpp"

#include <string_view>

namespace bridgekeeper {

/// What explains a class of failures, for explanations; see
/// `reason_guide`.
struct failure_guide {
  failure_class code;
  /// What has decided: a sentence.
  std::string_view rule;
  /// What a person does next.
  std::string_view next;
};

/// Returns the guide to `code`; every enumerator has one.
[[nodiscard]] const failure_guide& guide_to(failure_class code) noexcept;

} // namespace bridgekeeper
