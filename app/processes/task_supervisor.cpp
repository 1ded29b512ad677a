#include "app/processes/task_supervisor.hpp"

#include "app/files/environment.hpp"
#include "app/processes/hangup.hpp"
#include "app/processes/start_failure.hpp"
#include "app/processes/start_request.hpp"
#include "app/processes/stray_processes.hpp"
#include "app/text/utf8_text.hpp"
#include "log/log_line.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <tuple>
#include <utility>

namespace bridgekeeper::app {

namespace {

/// How long the orphans of a dead supervisor may take to terminate.
constexpr std::chrono::seconds orphan_kill_delay{2};

/// How long the destructor waits for the supervisor.
constexpr std::chrono::milliseconds exit_grace{1000};

constexpr const char* lost_sentence =
    "The bridge's task supervisor ended unexpectedly, so the task was ended. "
    "It may be dispatched again.";

/// Bridges count their tickets from 1.
constexpr std::uint64_t stray_ticket = 0;

std::string current_directory() {
  std::error_code ec;
  auto out = std::filesystem::current_path(ec);
  return ec ? std::string{} : out.string();
}

std::string mark_of(const shell_command& command) {
  for (const auto& [name, value] : command.environment)
    if (name == task_mark)
      return value;
  return {};
}

void await_exit(pid_t pid) {
  owned_fd handle{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U))};
  if (handle.valid()) {
    pollfd item{handle.get(), POLLIN, 0};
    ::poll(&item, 1, static_cast<int>(exit_grace.count()));
  }
  ::waitpid(pid, nullptr, WNOHANG);
}

} // namespace

task_supervisor::task_supervisor(boost::asio::io_context& context,
                                 supervisor_options options)
  : context_(context), options_(std::move(options)),
    environment_(current_environment(), options_.environment),
    ignores_hangup_(ignores_hangup()), reaper_(context), ender_(context, {}) {
  // If this fails, the first task tries again and says why.
  launch();
}

task_supervisor::~task_supervisor() {
  if (!channel_)
    return;
  channel_->close();
  if (pid_ > 0)
    await_exit(pid_);
}

bool task_supervisor::launch() {
  auto process = launch_supervisor(options_.leftover_policy, options_.cgroups);
  if (!process.channel.valid())
    return false;
  pid_ = process.pid;
  // The channel tells sooner that it is gone, but only after its end does the
  // kernel hand its children to this process.
  reaper_.watch(pid_, [this](int) {
    if (options_.leftover_policy == leftovers::end)
      end_strays();
  });
  channel_ = std::make_shared<packet_channel>(
      context_, std::move(process.channel),
      packet_channel::handlers{
          [this](packet x, const std::vector<owned_fd>&) { on_packet(x); },
          [this] { on_supervisor_gone(); },
          [this](std::uint64_t ticket, int error) {
            on_refused(ticket, error);
          }});
  channel_->start();
  return true;
}

// -- tasks --------------------------------------------------------------------

std::uint64_t task_supervisor::start(const shell_command& command,
                                     std::array<owned_fd, 3> standard,
                                     handlers callbacks) {
  auto ticket = ++last_ticket_;
  start_request request;
  request.command = command.text;
  request.workdir =
      command.workdir.empty() ? current_directory() : command.workdir;
  request.mark = mark_of(command);
  request.ignores_hangup = ignores_hangup_;
  request.environment =
      environment_.for_task(request.workdir, command.environment);
  tasks_.emplace(ticket,
                 task{std::move(callbacks), {}, request.mark, request.workdir});
  auto refuse = [&](start_stage stage) {
    fail_later(ticket, describe_start_failure(stage, errno, request.workdir));
    return ticket;
  };
  if (!channel_ && !launch())
    return refuse(start_stage::supervisor);
  auto file = write_request(request);
  if (!file.valid())
    return refuse(start_stage::process);
  std::vector<owned_fd> fds;
  fds.push_back(std::move(file));
  for (auto& x : standard)
    fds.push_back(std::move(x));
  channel_->send({packet_kind::start, ticket}, std::move(fds));
  return ticket;
}

void task_supervisor::end(std::uint64_t ticket) {
  send(packet_kind::end, ticket, options_.kill_delay.count());
}

void task_supervisor::kill(std::uint64_t ticket) {
  if (ender_.is_ending(ticket))
    ender_.kill(ticket);
  else
    send(packet_kind::kill, ticket, 0);
}

void task_supervisor::forget(std::uint64_t ticket) {
  send(packet_kind::forget, ticket, 0);
  tasks_.erase(ticket);
}

bool task_supervisor::has_exited(std::uint64_t ticket) const {
  auto i = tasks_.find(ticket);
  if (i == tasks_.end() || i->second.root.pid == 0)
    return false;
  const auto& root = i->second.root;
  auto found = find_process(root.pid);
  return !found || found->key != root || found->zombie;
}

void task_supervisor::send(packet_kind kind, std::uint64_t ticket,
                           std::int64_t number) {
  if (channel_ && tasks_.contains(ticket))
    channel_->send({kind, ticket, number});
}

void task_supervisor::fail_later(std::uint64_t ticket, std::string why) {
  boost::asio::post(context_, [this, ticket, why = std::move(why)]() mutable {
    if (auto entry = tasks_.extract(ticket))
      entry.mapped().callbacks.on_failed(std::move(why));
  });
}

void task_supervisor::on_refused(std::uint64_t ticket, int error) {
  auto i = tasks_.find(ticket);
  if (i != tasks_.end())
    fail_later(ticket, describe_start_failure(start_stage::process, error,
                                              i->second.workdir));
}

// -- what the supervisor says -------------------------------------------------

void task_supervisor::on_packet(const packet& x) {
  if (x.kind == packet_kind::note)
    return log::debug("{}", printable(x.text));
  auto i = tasks_.find(x.ticket);
  if (i == tasks_.end())
    return;
  switch (x.kind) {
  case packet_kind::started:
    i->second.root = {static_cast<pid_t>(x.number), x.detail};
    return;
  case packet_kind::exited: {
    // The handler may forget the task, which would destroy the handler.
    auto on_exited = i->second.callbacks.on_exited;
    return on_exited(static_cast<int>(x.number));
  }
  case packet_kind::failed: {
    auto entry = tasks_.extract(i);
    return entry.mapped().callbacks.on_failed(describe_start_failure(
        static_cast<start_stage>(x.detail), static_cast<int>(x.number),
        entry.mapped().workdir));
  }
  case packet_kind::gone: {
    if (x.number > 0)
      log::warn("{} processes of a task could not be ended", x.number);
    auto entry = tasks_.extract(i);
    return entry.mapped().callbacks.on_gone();
  }
  default:
    return;
  }
}

// -- the end of the supervisor ------------------------------------------------

void task_supervisor::on_supervisor_gone() {
  log::error("the task supervisor (process {}) ended unexpectedly; its "
             "tasks are being ended",
             std::exchange(pid_, -1));
  channel_.reset();
  std::vector<std::uint64_t> tickets;
  for (const auto& [ticket, x] : tasks_)
    tickets.push_back(ticket);
  for (auto ticket : tickets) {
    auto i = tasks_.find(ticket);
    if (i == tasks_.end())
      continue;
    end_orphans(ticket, i->second);
    auto on_lost = i->second.callbacks.on_lost;
    on_lost(lost_sentence);
  }
}

void task_supervisor::end_orphans(std::uint64_t ticket, const task& x) {
  ender_.end(ticket, task_tree{x.root, x.mark}, nullptr, orphan_kill_delay,
             [this, ticket](const auto& given_up) {
               if (!given_up.empty())
                 log::warn("{} processes of a task could not be ended",
                           given_up.size());
               if (auto entry = tasks_.extract(ticket))
                 entry.mapped().callbacks.on_gone();
             });
}

/// The orphans of the dead supervisor are now children of this process. So is
/// its successor, if there is one already.
void task_supervisor::end_strays() {
  std::vector<process_key> roots;
  std::unordered_set<std::string> marks;
  for (const auto& [ticket, x] : tasks_) {
    roots.push_back(x.root);
    marks.insert(x.mark);
  }
  // Unlike in the supervisor, all tasks are being ended. Their roots are found
  // by their own trees, so their age does not matter.
  task_tree tree;
  auto found = find_strays(process_table::read(), ::getpid(), {}, marks);
  std::erase_if(found, [&](const auto& x) {
    return x.pid == pid_
           || std::find(roots.begin(), roots.end(), x) != roots.end();
  });
  if (found.empty())
    return;
  for (const auto& x : found)
    tree.add(x);
  ender_.end(stray_ticket, std::move(tree), nullptr, orphan_kill_delay,
             [](const auto&) {});
}

} // namespace bridgekeeper::app
