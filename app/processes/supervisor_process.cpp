#include "app/processes/supervisor_process.hpp"

#include "app/processes/packet_channel.hpp"
#include "app/processes/secrets.hpp"
#include "app/processes/supervisor.hpp"

#include <boost/asio/io_context.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <vector>

namespace bridgekeeper::app {

namespace {

/// Not a command for users, so CLI11 does not know it.
constexpr std::string_view command_name = "task-supervisor";
constexpr std::string_view keep_word = "keep";
constexpr std::string_view off_word = "off";

constexpr int channel_fd = 3;

/// The arguments of `posix_spawn` that need cleanup.
struct spawn_settings {
  spawn_settings() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }

  spawn_settings(const spawn_settings&) = delete;

  spawn_settings& operator=(const spawn_settings&) = delete;

  ~spawn_settings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

int configure(spawn_settings& x, int channel) {
  auto err = 0;
  auto check = [&err](int result) { err = err != 0 ? err : result; };
  for (auto fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    check(posix_spawn_file_actions_addopen(&x.actions, fd, "/dev/null", O_RDWR,
                                           0));
  check(posix_spawn_file_actions_adddup2(&x.actions, channel, channel_fd));
  check(posix_spawn_file_actions_addclosefrom_np(&x.actions, channel_fd + 1));
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  check(posix_spawnattr_setsigmask(&x.attributes, &none));
  check(posix_spawnattr_setsigdefault(&x.attributes, &all));
  check(posix_spawnattr_setflags(&x.attributes, POSIX_SPAWN_SETSID
                                                    | POSIX_SPAWN_SETSIGMASK
                                                    | POSIX_SPAWN_SETSIGDEF));
  return err;
}

/// Only the end of the channel ends the supervisor. SIGTERM must not: service
/// managers send it to all processes of a service at once, while the bridge
/// wants to finish its tasks.
void ignore_signals() {
  for (auto number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGTTIN,
                      SIGTTOU, SIGUSR1, SIGUSR2, SIGPIPE})
    ::signal(number, SIG_IGN);
}

/// A user who types the command has no such socket.
bool has_channel() {
  auto type = 0;
  socklen_t size = sizeof(type);
  return ::getsockopt(channel_fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0
         && type == SOCK_SEQPACKET;
}

} // namespace

supervisor_process launch_supervisor(leftovers policy, cgroup_use cgroups) {
  auto [ours, theirs] = make_packet_sockets();
  if (!ours.valid())
    return {};
  spawn_settings settings;
  auto err = configure(settings, theirs.get());
  std::vector<std::string> words{
      "bridgekeeper", std::string{command_name},
      policy == leftovers::keep ? std::string{keep_word} : "end",
      cgroups == cgroup_use::off ? std::string{off_word} : "auto"};
  std::vector<char*> args;
  for (auto& x : words)
    args.push_back(x.data());
  args.push_back(nullptr);
  std::vector<char*> variables;
  for (auto x = environ; x != nullptr && *x != nullptr; ++x)
    if (!is_secret_entry(*x))
      variables.push_back(*x);
  variables.push_back(nullptr);
  supervisor_process out;
  // The link leads to this program even if its file has been replaced.
  if (err == 0)
    err = posix_spawn(&out.pid, "/proc/self/exe", &settings.actions,
                      &settings.attributes, args.data(), variables.data());
  if (err != 0) {
    errno = err;
    return {};
  }
  out.channel = std::move(ours);
  return out;
}

std::optional<int> supervise_if_asked(int argc, char** argv) {
  if (argc != 4 || argv[1] != command_name || !has_channel())
    return std::nullopt;
  ::prctl(PR_SET_NAME, command_name.data(), 0, 0, 0);
  ignore_signals();
  ::fcntl(channel_fd, F_SETFD, FD_CLOEXEC);
  boost::asio::io_context context{1};
  std::optional<cgroup_maker> cgroups;
  if (argv[3] != off_word)
    cgroups = cgroup_maker::of_this_machine();
  supervisor keeper{context, owned_fd{channel_fd},
                    argv[2] == keep_word ? leftovers::keep : leftovers::end,
                    std::move(cgroups)};
  context.run();
  return 0;
}

} // namespace bridgekeeper::app
