#pragma once

#include <string_view>
#include <utility>

namespace bridgekeeper::net {

/// Logs the current exception, which interrupted `where` and is not rethrown.
/// Must be called in a catch clause; any thread; never throws.
void log_contained(std::string_view where) noexcept;

/// Calls `task`, which belongs to another part of the program, and protects the
/// caller from its exceptions by logging them. Returns false after an
/// exception.
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
