#pragma once

#include "domain/decision.hpp"
#include "domain/errc.hpp"
#include "domain/origin.hpp"

#include <string>

namespace bridgekeeper::actors {

// How decisions are worded. Pure functions, except that a decision gets the
// current time.

/// Something that no reason stands behind.
[[nodiscard]] decision make_note(decision_topic about, std::string text);

[[nodiscard]] decision because(decision_topic about, errc why,
                               std::string text);

/// ` at 10.0.0.1`, or empty if the address is unknown.
[[nodiscard]] std::string at_address(const origin& x);

/// ` from 10.0.0.1 (token ci)`
[[nodiscard]] std::string sender(const origin& x);

} // namespace bridgekeeper::actors
