#pragma once

// How failures travel through CAF: as errors of a category of their own.

#include "domain/result.hpp"

#include <caf/atom.hpp>
#include <caf/error.hpp>

namespace bridgekeeper::actors {

/// The category of errors that carry an `errc`.
constexpr caf::atom_value reason_category = caf::atom("bridgekeep");

/// Converts `x` to an error that can travel through CAF.
[[nodiscard]] caf::error to_error(const failure& x);

[[nodiscard]] inline caf::error to_error(errc code) {
  return to_error(failure{code, {}});
}

/// Converts an error from CAF to our vocabulary. Errors of other categories
/// become `internal`, except for a request whose receiver has ended, which
/// becomes `unavailable`.
[[nodiscard]] failure to_failure(const caf::error& x);

/// Whether the request was not handled because its receiver had ended.
[[nodiscard]] bool is_unhandled(const caf::error& x);

} // namespace bridgekeeper::actors
