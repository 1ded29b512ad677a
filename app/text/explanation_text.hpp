#pragma once

#include "domain/explanation.hpp"

#include <string>

namespace bridgekeeper::app {

/// An explanation for a terminal: what it comes to, each step with its time and
/// its rule, and what to do next. Texts of peers are not made safe yet: see
/// `printable`.
[[nodiscard]] std::string explanation_text(const explanation& x);

} // namespace bridgekeeper::app
