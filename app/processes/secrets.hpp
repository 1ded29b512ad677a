#pragma once

#include <string_view>

namespace bridgekeeper::app {

/// Whether an entry of the environment (NAME=VALUE) holds tokens of
/// Bridgekeeper.
[[nodiscard]] bool is_secret_entry(std::string_view entry) noexcept;

/// Overwrites the tokens in the environment of this process, and removes their
/// variables. Without the overwriting, every process of the same user, such as
/// a task, could still read them in /proc/PID/environ. Call it after the tokens
/// have been read and before other threads start.
void erase_secrets() noexcept;

} // namespace bridgekeeper::app
