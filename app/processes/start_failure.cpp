#include "app/processes/start_failure.hpp"

#include <cerrno>
#include <cstring>

namespace bridgekeeper::app {

namespace {

std::string describe_workdir(int error, const std::string& workdir) {
  constexpr auto advice =
      " Start the bridge with a --workdir that can be used.";
  if (error == ENOENT)
    return "The working directory " + workdir
           + " no longer exists. Create it again, or start the bridge with "
             "another --workdir.";
  if (error == ENOTDIR)
    return "The working directory " + workdir + " is not a directory any more."
           + advice;
  return "The working directory " + workdir + " cannot be entered ("
         + std::strerror(error) + ")." + advice;
}

} // namespace

std::string describe_start_failure(start_stage stage, int error,
                                   const std::string& workdir) {
  std::string why = std::strerror(error);
  switch (stage) {
  case start_stage::workdir:
    return describe_workdir(error, workdir);
  case start_stage::shell:
    if (error == E2BIG)
      return "The command cannot be started: the command, its environment and "
             "the context are longer than the system allows.";
    return "The command cannot be started: /bin/sh cannot be executed (" + why
           + ").";
  case start_stage::process:
    if (error == EAGAIN)
      return "The command cannot be started: the limit of processes has been "
             "reached. Raise the limit (ulimit -u, TasksMax), or run fewer "
             "tasks at the same time.";
    if (error == EMFILE || error == ENFILE)
      return "The command cannot be started: too many files are open. Raise "
             "the limit (ulimit -n), or run fewer tasks at the same time.";
    return "The command cannot be started: " + why + ".";
  case start_stage::time_limit:
    return "The command did not start within "
           + std::to_string(start_time_limit.count())
           + " s. The likely cause is that the file system of the working "
             "directory "
           + workdir
           + " hangs. Check it, or start the bridge with another --workdir.";
  case start_stage::supervisor:
    break;
  }
  return "The command cannot be started: the bridge's task supervisor does not "
         "run ("
         + why + ").";
}

std::optional<std::string_view> shell_verdict(int status) {
  if (status == 127)
    return "the command was not found";
  if (status == 126)
    return "the command cannot be executed";
  return std::nullopt;
}

} // namespace bridgekeeper::app
