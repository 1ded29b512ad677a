#pragma once

#include "app/adapters/task_report.hpp"

#include <cstddef>

namespace bridgekeeper::app {

/// How the tasks of a bridge have ended, for its last line in the log.
class task_counts {
public:
  /// `is_stopping`: the bridge has terminated its tasks.
  void add(const task_report& x, bool is_stopping) noexcept;

  /// Logs the counts, if there was any task.
  void report() const;

private:
  std::size_t completed_ = 0;
  std::size_t failed_ = 0;
  std::size_t timed_out_ = 0;
  std::size_t cancelled_ = 0;
  std::size_t terminated_ = 0;
};

} // namespace bridgekeeper::app
