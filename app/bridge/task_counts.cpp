#include "app/bridge/task_counts.hpp"

#include "log/log_line.hpp"

namespace bridgekeeper::app {

void task_counts::add(const task_report& x, bool is_stopping) noexcept {
  if (!x.error)
    ++completed_;
  else if (is_stopping)
    ++terminated_;
  else if (x.details.failure == failure_class::timed_out)
    ++timed_out_;
  else if (x.error == "cancelled")
    ++cancelled_;
  else
    ++failed_;
}

void task_counts::report() const {
  if (completed_ + failed_ + timed_out_ + cancelled_ + terminated_ > 0)
    log::info("tasks of this bridge: {} completed, {} failed, {} timed out, "
              "{} cancelled, {} terminated because the bridge stopped",
              completed_, failed_, timed_out_, cancelled_, terminated_);
}

} // namespace bridgekeeper::app
