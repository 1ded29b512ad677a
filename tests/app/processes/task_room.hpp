#pragma once

#include "app/processes/child_process.hpp"
#include "app/processes/task_supervisor.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace bridgekeeper::app {

/// A command under test, and what it has shown so far.
struct test_task {
  std::shared_ptr<child_process> process;
  std::string out;
  std::string err;
  std::optional<process_end> end;
};

/// A task supervisor, and what tests need to run tasks with it.
class task_room {
public:
  explicit task_room(supervisor_options options = {});

  /// Starts a command as the task `id`, which marks its processes.
  std::shared_ptr<test_task> start(const std::string& command,
                                   const std::string& id,
                                   const std::string& input = "",
                                   const std::string& workdir = "");

  /// Runs a command to its end.
  std::shared_ptr<test_task> run(const std::string& command,
                                 const std::string& id = "run",
                                 const std::string& input = "");

  /// Runs the `io_context` until the condition is true; throws after 30 s.
  void run_until(const std::function<bool()>& condition);

  /// Starts a command that prints "ready" when it is.
  std::shared_ptr<test_task> start_ready(const std::string& command,
                                         const std::string& id);

  void end(const std::shared_ptr<test_task>& task);

  boost::asio::io_context context{1};
  std::unique_ptr<task_supervisor> supervisor;
};

/// The number of running processes with `text` in their command line or in
/// their initial environment.
[[nodiscard]] std::size_t count_processes(std::string_view text);

/// The number of open descriptors of a process.
[[nodiscard]] std::size_t count_descriptors(pid_t pid);

/// The number of children of this process, including zombies.
[[nodiscard]] std::size_t count_children();

} // namespace bridgekeeper::app
