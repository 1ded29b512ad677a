#pragma once

#include "domain/agent_duty.hpp"
#include "domain/errc.hpp"
#include "domain/facts.hpp"
#include "domain/origin.hpp"

#include <string>
#include <string_view>

namespace bridgekeeper::actors {

// What several tellers say in the same words. Pure functions.

/// ` (token ci)`, or empty if the peer has no token.
[[nodiscard]] std::string of_token(const origin& x);

/// The detail, or the sentence of its reason if there is none. Views `detail`.
[[nodiscard]] std::string_view detail_or_sentence(std::string_view detail,
                                                  errc why);

/// What an operator has done to an agent: `uncordoned`, `cordoned` or
/// `drained`.
[[nodiscard]] std::string_view done_by_operator(agent_duty x);

/// ` at the console`, or empty for another gate.
[[nodiscard]] std::string_view at_console(fact::gate x);

} // namespace bridgekeeper::actors
