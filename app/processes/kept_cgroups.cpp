#include "app/processes/kept_cgroups.hpp"

#include <utility>

namespace bridgekeeper::app {

void kept_cgroups::retire(std::shared_ptr<task_cgroup> x) {
  remove_empty();
  if (x && !x->remove())
    groups_.push_back(std::move(x));
}

void kept_cgroups::remove_empty() {
  std::erase_if(groups_, [](const auto& x) { return x->remove(); });
}

} // namespace bridgekeeper::app
