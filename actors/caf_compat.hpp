#pragma once

// The only file that looks at CAF's version: what CAF 0.18 renamed is called by
// one name here.

#include "domain/result.hpp"

#include <caf/atom.hpp>
#include <caf/config.hpp>
#include <caf/error.hpp>

#include <string>

static_assert(CAF_VERSION >= 1700 && CAF_VERSION < 1800,
              "Bridgekeeper is written for CAF 0.17; see docs/architecture.md "
              "for what a move to 0.18 takes");

namespace bridgekeeper::actors {

/// The category of errors that carry one of our reasons.
constexpr caf::atom_value reason_category = caf::atom("bridgekeep");

/// Carries `x` through CAF.
[[nodiscard]] caf::error to_error(const failure& x);

[[nodiscard]] inline caf::error to_error(errc code) {
  return to_error(failure{code, {}});
}

/// What an error from CAF means in our vocabulary. Foreign errors are
/// `internal`, but for a receiver that is gone: `unavailable`.
[[nodiscard]] failure to_failure(const caf::error& x);

/// Whether the request was never handled, because its receiver had ended.
[[nodiscard]] bool is_unhandled(const caf::error& x);

} // namespace bridgekeeper::actors
