#pragma once

#include "app/processes/process_table.hpp"

#include <string>
#include <unordered_set>
#include <vector>

namespace bridgekeeper::app {

/// Finds orphans that cannot be traced to a task: daemons that had left their
/// session and cleared their environment before their parents exited.
/// They are the children of `reaper`, the subreaper. Leaves out the `roots` of
/// tasks that run, processes with one of the `marks` of these tasks, and those
/// that started later than the first of these tasks, because that task may have
/// left them behind. Leaves out `known` processes, too.
[[nodiscard]] std::vector<process_key>
find_strays(const process_table& table, pid_t reaper,
            const std::vector<process_key>& roots,
            const std::unordered_set<std::string>& marks,
            const process_set& known = {});

} // namespace bridgekeeper::app
