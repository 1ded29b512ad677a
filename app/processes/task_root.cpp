#include "app/processes/task_root.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace bridgekeeper::app {

namespace {

/// The child writes a `start_outcome` into this pipe if it cannot execute the
/// shell. The pipe closes on exec, so reading its end means success.
constexpr int complaint_fd = 3;

void reset_signals(bool ignores_hangup) {
  for (auto number = 1; number < NSIG; ++number)
    ::signal(number, SIG_DFL);
  if (ignores_hangup)
    ::signal(SIGHUP, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// Calls only what is safe between fork() and exec.
[[noreturn]] void become_root(const start_request& request,
                              const std::array<int, 3>& standard,
                              int cgroup_entrance, int complaints,
                              char* const* args, char* const* environment) {
  auto give_up = [&](start_stage stage) {
    start_outcome x{stage, errno};
    std::ignore = ::write(complaints, &x, sizeof(x));
    ::_exit(127);
  };
  ::setsid();
  // Without a group, the task's processes are found in the process table.
  if (cgroup_entrance >= 0)
    std::ignore = ::write(cgroup_entrance, "0", 1);
  for (auto fd = 0; fd < 3; ++fd)
    if (::dup2(standard[static_cast<std::size_t>(fd)], fd) < 0)
      give_up(start_stage::process);
  if (complaints != complaint_fd
      && ::dup3(complaints, complaint_fd, O_CLOEXEC) < 0)
    give_up(start_stage::process);
  complaints = complaint_fd;
  ::closefrom(complaint_fd + 1);
  reset_signals(request.ignores_hangup);
  if (!request.workdir.empty() && ::chdir(request.workdir.c_str()) != 0)
    give_up(start_stage::workdir);
  ::execve(args[0], args, environment);
  give_up(start_stage::shell);
  ::_exit(127);
}

} // namespace

begun_root begin_root(const start_request& request,
                      const std::array<int, 3>& standard, int cgroup_entrance) {
  std::array<int, 2> fds{-1, -1};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0)
    return {};
  owned_fd complaints{fds[0]};
  owned_fd complain{fds[1]};
  std::string shell = "/bin/sh";
  std::string flag = "-c";
  auto text = request.command;
  std::array<char*, 4> args{shell.data(), flag.data(), text.data(), nullptr};
  auto entries = request.environment;
  std::vector<char*> environment;
  for (auto& entry : entries)
    environment.push_back(entry.data());
  environment.push_back(nullptr);
  // A signal handler of this process must not run in the child.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  auto pid = ::fork();
  auto error = errno;
  if (pid == 0)
    become_root(request, standard, cgroup_entrance, complain.get(), args.data(),
                environment.data());
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  if (pid < 0)
    return {};
  return {pid, std::move(complaints)};
}

start_outcome read_outcome(int complaints) {
  start_outcome out;
  pollfd item{complaints, POLLIN, 0};
  if (::poll(&item, 1, 0) <= 0)
    return {};
  auto count = ::read(complaints, &out, sizeof(out));
  while (count < 0 && errno == EINTR)
    count = ::read(complaints, &out, sizeof(out));
  return count == static_cast<ssize_t>(sizeof(out)) ? out : start_outcome{};
}

} // namespace bridgekeeper::app
