#pragma once

#include "app/processes/task_root.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// Why a task could not be started, as a sentence for its requester and for the
/// operator of the bridge. `error` is an `errno` value.
[[nodiscard]] std::string describe_start_failure(start_stage stage, int error,
                                                 const std::string& workdir);

/// What the shell means by an exit status that it chooses itself (126 and 127);
/// nothing for others. A command may also choose these for other reasons.
[[nodiscard]] std::optional<std::string_view> shell_verdict(int status);

} // namespace bridgekeeper::app
