#include "app/bridge/spawn.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <string_view>
#include <unistd.h>

namespace bridgekeeper::app {

namespace {

/// A descriptor that is closed by the destructor unless `take` was called.
class owned_fd {
public:
  owned_fd() = default;

  owned_fd(const owned_fd&) = delete;

  owned_fd& operator=(const owned_fd&) = delete;

  ~owned_fd() {
    if (fd_ >= 0)
      ::close(fd_);
  }

  void set(int fd) noexcept {
    fd_ = fd;
  }

  [[nodiscard]] int get() const noexcept {
    return fd_;
  }

  [[nodiscard]] int take() noexcept {
    return std::exchange(fd_, -1);
  }

private:
  int fd_ = -1;
};

struct pipe_ends {
  owned_fd read;
  owned_fd write;
};

/// Both ends close on exec. Only `ours` is non-blocking.
std::error_code open_pipe(pipe_ends& out, owned_fd pipe_ends::*ours) {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0)
    return {errno, std::system_category()};
  out.read.set(fds[0]);
  out.write.set(fds[1]);
  if (::fcntl((out.*ours).get(), F_SETFL, O_NONBLOCK) != 0)
    return {errno, std::system_category()};
  return {};
}

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

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

int configure(spawn_settings& x, const shell_command& command,
              const std::array<int, 3>& standard) {
  auto err = 0;
  auto check = [&err](int result) { err = err != 0 ? err : result; };
  for (auto fd = 0; fd < 3; ++fd)
    check(posix_spawn_file_actions_adddup2(
        &x.actions, standard[static_cast<std::size_t>(fd)], fd));
  if (!command.workdir.empty())
    check(posix_spawn_file_actions_addchdir_np(&x.actions,
                                               command.workdir.c_str()));
  // Asio's sockets do not close on exec, so without this a child would keep the
  // link open.
  check(posix_spawn_file_actions_addclosefrom_np(&x.actions, 3));
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  check(posix_spawnattr_setsigmask(&x.attributes, &none));
  check(posix_spawnattr_setsigdefault(&x.attributes, &all));
  check(posix_spawnattr_setpgroup(&x.attributes, 0));
  check(posix_spawnattr_setflags(&x.attributes, POSIX_SPAWN_SETPGROUP
                                                    | POSIX_SPAWN_SETSIGMASK
                                                    | POSIX_SPAWN_SETSIGDEF));
  return err;
}

std::vector<std::string> make_environment(const shell_command& command) {
  constexpr std::array<std::string_view, 3> secrets{
      "BRIDGEKEEPER_TOKEN", "VIBEFORGE_AUTH_TOKEN", "VIBEFORGE_AUTH_TOKENS"};
  std::vector<std::string> out;
  for (auto entry = environ; *entry != nullptr; ++entry) {
    std::string_view text{*entry};
    auto name = text.substr(0, text.find('='));
    auto replaced = std::any_of(
        command.environment.begin(), command.environment.end(),
        [&](const auto& variable) { return variable.first == name; });
    if (!replaced
        && std::find(secrets.begin(), secrets.end(), name) == secrets.end())
      out.emplace_back(text);
  }
  for (const auto& [name, value] : command.environment)
    out.push_back(name + '=' + value);
  return out;
}

} // namespace

spawned_process spawn(const shell_command& command, std::error_code& ec) {
  pipe_ends input;
  pipe_ends output;
  pipe_ends errors;
  ec = open_pipe(input, &pipe_ends::write);
  if (!ec)
    ec = open_pipe(output, &pipe_ends::read);
  if (!ec)
    ec = open_pipe(errors, &pipe_ends::read);
  if (ec)
    return {};
  spawn_settings settings;
  auto err =
      configure(settings, command,
                {input.read.get(), output.write.get(), errors.write.get()});
  auto environment = make_environment(command);
  std::vector<char*> env;
  for (auto& entry : environment)
    env.push_back(entry.data());
  env.push_back(nullptr);
  std::string shell = "/bin/sh";
  std::string flag = "-c";
  auto text = command.text;
  std::array<char*, 4> args{shell.data(), flag.data(), text.data(), nullptr};
  spawned_process out;
  if (err == 0)
    err = posix_spawn(&out.pid, shell.c_str(), &settings.actions,
                      &settings.attributes, args.data(), env.data());
  if (err != 0) {
    ec = {err, std::system_category()};
    return {};
  }
  out.input = input.write.take();
  out.output = output.read.take();
  out.errors = errors.read.take();
  return out;
}

} // namespace bridgekeeper::app
