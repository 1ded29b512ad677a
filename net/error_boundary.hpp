#pragma once

#include <string_view>
#include <utility>

namespace bridgekeeper::net {

/// Logs the exception that is being handled, which came out of `where` and goes
/// no further. Called in a catch clause; any thread; never throws.
void log_contained(std::string_view where) noexcept;

/// Calls `task`, which belongs to another part of the program than its caller,
/// and keeps its exceptions away from the caller: they are logged. Returns
/// false after an exception.
template <class Task>
bool contain(std::string_view where, Task&& task) noexcept {
  try {
    std::forward<Task>(task)();
    return true;
  } catch (...) {
    log_contained(where);
    return false;
  }
}

} // namespace bridgekeeper::net
