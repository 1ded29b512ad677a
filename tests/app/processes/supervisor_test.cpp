#include "app/processes/memory_file.hpp"
#include "app/processes/supervisor.hpp"
#include "app/processes/task_room.hpp"
#include "app/scratch_dir.hpp"

#include <boost/asio/steady_timer.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <pthread.h>
#include <stdexcept>
#include <unistd.h>

using namespace bridgekeeper::app;

namespace fs = std::filesystem;

namespace {

/// A supervisor in this process, and its bridge.
struct supervised_tasks {
  supervised_tasks() {
    auto [bridge_end, supervisor_end] = make_packet_sockets();
    bridge = std::make_shared<packet_channel>(
        context, std::move(bridge_end),
        packet_channel::handlers{
            [this](packet x, auto&&) { said.push_back(x); }, [] {}});
    bridge->start();
    socket = std::move(supervisor_end);
  }

  supervised_tasks(const supervised_tasks&) = delete;

  supervised_tasks& operator=(const supervised_tasks&) = delete;

  ~supervised_tasks() {
    bridge->close();
    context.restart();
    // The supervisor stops the context when nothing is left.
    context.run_for(std::chrono::seconds{30});
  }

  void start(std::uint64_t ticket, const std::string& command) {
    std::vector<owned_fd> fds;
    fds.push_back(write_request({command, {}, std::to_string(ticket)}));
    for (auto i = 0; i < 3; ++i)
      fds.push_back(memory_file(""));
    bridge->send({packet_kind::start, ticket}, std::move(fds));
  }

  void start_supervisor(tree_ender::signaller send_signal) {
    aut =
        std::make_unique<supervisor>(context, std::move(socket), leftovers::end,
                                     std::nullopt, std::move(send_signal));
  }

  /// Runs and ends a task that leaves a process behind, which has hidden: it
  /// has a session of its own and none of the task's environment.
  void leave_a_stray(std::uint64_t ticket) {
    // The shell exits when that process has closed its standard output.
    start(ticket, "up=$(setsid -f env -i /bin/sh -c 'exec sleep " + number
                      + " >/dev/null 2>&1')");
    auto program = std::string{"sleep"} + '\0' + number;
    run_until([&] {
      return was_told(packet_kind::exited, ticket)
             && count_processes(program) == 1;
    });
    bridge->send({packet_kind::end, ticket});
  }

  [[nodiscard]] bool is_the_stray(pid_t pid) const {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/cmdline"};
    std::string text;
    std::getline(file, text);
    return text.find(number) != std::string::npos;
  }

  [[nodiscard]] bool was_told(packet_kind kind, std::uint64_t ticket) const {
    return std::any_of(said.begin(), said.end(), [=](const auto& x) {
      return x.kind == kind && x.ticket == ticket;
    });
  }

  void run_until(const std::function<bool()>& condition) {
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline)
        throw std::runtime_error("the condition does not become true");
      context.restart();
      context.run_one_for(std::chrono::milliseconds{10});
    }
  }

  boost::asio::io_context context{1};
  std::shared_ptr<packet_channel> bridge;
  owned_fd socket;
  boost::asio::steady_timer delay{context};
  /// By its argument, a test finds its stray, and not that of another test.
  std::string number = std::to_string(81'000'000 + ::getpid());
  /// How often the stray was asked to terminate.
  int requests = 0;
  /// Whether the stray may not be signalled.
  bool refuses = true;
  std::unique_ptr<supervisor> aut;
  std::vector<packet> said;
};

} // namespace

TEST_CASE_FIXTURE(supervised_tasks,
                  "the group of a forgotten task is removed") {
  scratch_dir scratch;
  cgroup_maker maker{scratch.path(), "0::/"};
  aut = std::make_unique<supervisor>(context, std::move(socket),
                                     leftovers::keep, std::move(maker));
  start(1, "true");
  run_until([&] { return was_told(packet_kind::exited, 1); });
  auto group = fs::directory_iterator {
    scratch.path()
    } -> path();
  // In the kernel's file system, this file does not keep the directory.
  fs::remove(group / "cgroup.procs");
  bridge->send({packet_kind::forget, 1});
  run_until([&] { return !fs::exists(group); });
}

TEST_CASE_FIXTURE(supervised_tasks,
                  "a task has not ended before its stray has") {
  start_supervisor([this](const process_key& x, int signal) {
    if (signal != SIGTERM || !is_the_stray(x.pid))
      return signal_process(x, signal);
    ++requests;
    // It takes a while to terminate.
    delay.expires_after(std::chrono::milliseconds{100});
    delay.async_wait([x](auto) { signal_process(x, SIGTERM); });
    return true;
  });
  leave_a_stray(1);
  run_until([&] { return was_told(packet_kind::gone, 1); });
  CHECK(requests == 1);
  CHECK(count_processes(number) == 0);
}

TEST_CASE_FIXTURE(
    supervised_tasks,
    "a stray that may not be signalled delays one task, briefly") {
  start_supervisor([this](const process_key& x, int signal) {
    if (!refuses || !is_the_stray(x.pid))
      return signal_process(x, signal);
    requests += signal == SIGTERM ? 1 : 0;
    return false;
  });
  leave_a_stray(1);
  run_until([&] { return was_told(packet_kind::gone, 1); });
  CHECK(count_processes(number) == 1);
  CHECK(requests == 1);
  start(2, "true");
  run_until([&] { return was_told(packet_kind::exited, 2); });
  bridge->send({packet_kind::end, 2});
  auto asked_at = std::chrono::steady_clock::now();
  run_until([&] { return was_told(packet_kind::gone, 2); });
  CHECK(std::chrono::steady_clock::now() - asked_at
        < supervisor::stray_patience);
  // It is not collected again.
  CHECK(requests == 1);
  refuses = false;
}

namespace {

/// Whether new children of this process wait for ever before they become tasks,
/// as on a file system that hangs.
bool children_hang = false;

void hang_if_asked() {
  while (children_hang)
    ::pause();
}

struct hanging_starts : supervised_tasks {
  hanging_starts() {
    [[maybe_unused]] static const auto result =
        ::pthread_atfork(nullptr, nullptr, hang_if_asked);
  }

  void start_hanging(std::uint64_t ticket) {
    auto before = count_children();
    children_hang = true;
    start(ticket, "true");
    run_until([&] { return count_children() > before; });
    children_hang = false;
  }
};

} // namespace

TEST_CASE_FIXTURE(hanging_starts, "a start that hangs holds up no other task") {
  aut = std::make_unique<supervisor>(context, std::move(socket), leftovers::end,
                                     std::nullopt);
  start_hanging(1);
  start(2, "true");
  run_until([&] { return was_told(packet_kind::exited, 2); });
  CHECK(said.size() == 2);
  bridge->send({packet_kind::kill, 1});
  run_until([&] { return was_told(packet_kind::gone, 1); });
}

TEST_CASE_FIXTURE(hanging_starts, "a start that hangs fails in the end") {
  aut = std::make_unique<supervisor>(context, std::move(socket), leftovers::end,
                                     std::nullopt, signal_process,
                                     std::chrono::milliseconds{50});
  auto before = count_children();
  start_hanging(1);
  run_until([&] { return was_told(packet_kind::failed, 1); });
  CHECK(said.front().detail
        == static_cast<std::uint64_t>(start_stage::time_limit));
  run_until([&] { return count_children() == before; });
}
