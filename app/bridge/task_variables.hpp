#pragma once

#include "app/processes/task_environment.hpp"
#include "domain/messages.hpp"

#include <cstddef>

namespace bridgekeeper::app {

/// The variables that a task in this slot gets beside those of its bridge.
[[nodiscard]] task_environment::variables own_variables(const dispatch& what,
                                                        std::size_t slot);

} // namespace bridgekeeper::app
