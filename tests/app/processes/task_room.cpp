#include "app/processes/task_room.hpp"

#include "app/processes/process_table.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

namespace bridgekeeper::app {

namespace fs = std::filesystem;

task_room::task_room(supervisor_options options)
  : supervisor(std::make_unique<task_supervisor>(context, std::move(options))) {
}

std::shared_ptr<test_task> task_room::start(const std::string& command,
                                            const std::string& id,
                                            const std::string& input,
                                            const std::string& workdir) {
  auto out = std::make_shared<test_task>();
  // The process belongs to the task, so its handlers must not own the task.
  std::weak_ptr<test_task> weak{out};
  out->process = std::make_shared<child_process>(
      context, *supervisor,
      child_process::handlers{
          [weak](std::string_view x) { weak.lock()->out += x; },
          [weak](std::string_view x) { weak.lock()->err += x; },
          [weak](const process_end& x) { weak.lock()->end = x; }});
  // Tests run side by side, and a task ends every process that bears its mark.
  auto mark = id + "." + std::to_string(::getpid());
  out->process->start({command, workdir, {{task_mark, mark}}}, input);
  return out;
}

std::shared_ptr<test_task> task_room::run(const std::string& command,
                                          const std::string& id,
                                          const std::string& input) {
  auto out = start(command, id, input);
  end(out);
  return out;
}

void task_room::end(const std::shared_ptr<test_task>& task) {
  run_until([&] { return task->end.has_value(); });
}

std::shared_ptr<test_task> task_room::start_ready(const std::string& command,
                                                  const std::string& id) {
  auto out = start(command, id);
  run_until([&] { return out->out.find("ready") != std::string::npos; });
  return out;
}

void task_room::run_until(const std::function<bool()>& condition) {
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("the condition does not become true");
    context.restart();
    context.run_one_for(std::chrono::milliseconds{10});
  }
}

std::size_t count_processes(std::string_view text) {
  std::size_t out = 0;
  auto table = process_table::read();
  for (const auto& x : table.entries()) {
    auto place = "/proc/" + std::to_string(x.key.pid);
    std::ostringstream found;
    found << std::ifstream{place + "/cmdline"}.rdbuf() << '\0'
          << std::ifstream{place + "/environ"}.rdbuf();
    if (!x.zombie && found.str().find(text) != std::string::npos)
      ++out;
  }
  return out;
}

std::size_t count_descriptors(pid_t pid) {
  fs::directory_iterator i{"/proc/" + std::to_string(pid) + "/fd"};
  return static_cast<std::size_t>(std::distance(begin(i), end(i)));
}

std::size_t count_children() {
  std::size_t out = 0;
  auto table = process_table::read();
  for (const auto& x : table.entries())
    if (x.parent == ::getpid())
      ++out;
  return out;
}

} // namespace bridgekeeper::app
