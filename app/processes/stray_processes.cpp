#include "app/processes/stray_processes.hpp"

#include "app/processes/task_tree.hpp"

#include <algorithm>
#include <limits>

namespace bridgekeeper::app {

std::vector<process_key>
find_strays(const process_table& table, pid_t reaper,
            const std::vector<process_key>& roots,
            const std::unordered_set<std::string>& marks,
            const process_set& known) {
  auto first = std::numeric_limits<std::uint64_t>::max();
  for (const auto& x : roots)
    first = std::min(first, x.start);
  std::vector<process_key> out;
  for (const auto& x : table.entries()) {
    if (x.parent != reaper || x.zombie || x.key.start >= first
        || known.contains(x.key))
      continue;
    auto mark =
        marks.empty() ? std::string{} : initial_variable(x.key.pid, task_mark);
    if (mark.empty() || !marks.contains(mark))
      out.push_back(x.key);
  }
  return out;
}

} // namespace bridgekeeper::app
