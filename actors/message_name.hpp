#pragma once

#include <caf/fwd.hpp>

#include <string>

namespace bridgekeeper::actors {

/// What a message is called, for an operator: the text of the atom that it
/// begins with, or what it is in CAF (`response`, `error`, `down`, `exit`).
/// Works even if the message has just been handled.
[[nodiscard]] std::string message_name(const caf::mailbox_element& x);

} // namespace bridgekeeper::actors
