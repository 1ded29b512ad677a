#include "app/processes/supervisor.hpp"

#include "app/processes/stray_processes.hpp"

#include <unistd.h>
#include <utility>

namespace bridgekeeper::app {

namespace {

/// The tickets of strays have this bit. Bridges count theirs from 1.
constexpr std::uint64_t strays_bit = std::uint64_t{1} << 63U;

} // namespace

supervisor::supervisor(boost::asio::io_context& context, owned_fd channel,
                       leftovers policy, std::optional<cgroup_maker> cgroups,
                       tree_ender::signaller send_signal,
                       std::chrono::milliseconds start_limit)
  : context_(context), policy_(policy), start_limit_(start_limit),
    reaper_(context), ender_(context, {::getppid()}, std::move(send_signal)),
    cgroups_(std::move(cgroups)),
    channel_(std::make_shared<packet_channel>(
        context, std::move(channel),
        packet_channel::handlers{[this](packet x, std::vector<owned_fd> fds) {
                                   on_packet(x, std::move(fds));
                                 },
                                 [this] { on_bridge_gone(); }})) {
  channel_->start();
}

// -- what the bridge asks for -------------------------------------------------

void supervisor::on_packet(const packet& x, std::vector<owned_fd> fds) {
  switch (x.kind) {
  case packet_kind::start:
    return start(x.ticket, std::move(fds));
  case packet_kind::end:
    return end(x.ticket, std::chrono::milliseconds{x.number});
  case packet_kind::kill:
    if (ender_.is_ending(x.ticket))
      return ender_.kill(x.ticket);
    return end(x.ticket, {});
  case packet_kind::forget:
    if (auto i = tasks_.find(x.ticket); i != tasks_.end())
      erase(i);
    return;
  default:
    return;
  }
}

void supervisor::start(std::uint64_t ticket, std::vector<owned_fd> fds) {
  std::optional<start_request> request;
  if (fds.size() == max_packet_fds)
    request = read_request(fds.front());
  if (request)
    return start(ticket, *request, fds);
  // The kernel drops descriptors for which this process has no numbers left.
  channel_->send({packet_kind::failed, ticket, EMFILE,
                  static_cast<std::uint64_t>(start_stage::process)});
}

void supervisor::start(std::uint64_t ticket, const start_request& request,
                       const std::vector<owned_fd>& fds) {
  auto cgroup = make_cgroup();
  auto begun = begin_root(request, {fds[1].get(), fds[2].get(), fds[3].get()},
                          cgroup ? cgroup->entrance() : -1);
  if (begun.pid < 0) {
    channel_->send({packet_kind::failed, ticket, errno,
                    static_cast<std::uint64_t>(start_stage::process)});
    return retired_.retire(std::move(cgroup));
  }
  if (cgroup)
    cgroup->close_entrance();
  // The process has not been reaped, so it is there even if it has exited.
  process_key root{begun.pid, 0};
  if (auto entry = find_process(begun.pid))
    root = entry->key;
  auto starting = std::make_shared<start_watch>(
      context_, std::move(begun.complaints),
      [this, ticket](const auto& x) { on_outcome(ticket, x); });
  starting->start(start_limit_);
  tasks_.emplace(
      ticket, task{root, request.mark, std::move(cgroup), std::move(starting)});
  reaper_.watch(begun.pid,
                [this, ticket](int status) { on_root_exit(ticket, status); });
}

void supervisor::on_outcome(std::uint64_t ticket, const start_outcome& x) {
  auto i = tasks_.find(ticket);
  if (i == tasks_.end())
    return;
  i->second.starting.reset();
  const auto& root = i->second.root;
  if (x.error == 0)
    return channel_->send({packet_kind::started, ticket, root.pid, root.start});
  channel_->send({packet_kind::failed, ticket, x.error,
                  static_cast<std::uint64_t>(x.stage)});
  // A root that complained exits by itself.
  if (x.stage == start_stage::time_limit)
    return end(ticket, {});
  erase(i);
  stop_when_idle();
}

std::shared_ptr<task_cgroup> supervisor::make_cgroup() {
  if (!cgroups_)
    return nullptr;
  auto made = cgroups_->make();
  if (made)
    return std::make_shared<task_cgroup>(std::move(*made));
  // Said once, because the next attempt would fail in the same way.
  channel_->send({packet_kind::note, 0, 0, 0,
                  "tasks run without cgroups: " + to_string(made.error())});
  cgroups_.reset();
  return nullptr;
}

void supervisor::end(std::uint64_t ticket,
                     std::chrono::milliseconds kill_after) {
  auto i = tasks_.find(ticket);
  if (i == tasks_.end() || i->second.gone || ender_.is_ending(ticket))
    return;
  const auto& x = i->second;
  ender_.end(
      ticket, task_tree{x.root, x.mark}, x.cgroup, kill_after,
      [this, ticket](const auto& given_up) { on_gone(ticket, given_up); });
}

// -- how tasks end ------------------------------------------------------------

void supervisor::on_root_exit(std::uint64_t ticket, int status) {
  auto i = tasks_.find(ticket);
  if (i == tasks_.end())
    return;
  // The pipe may not have been read yet.
  if (auto starting = i->second.starting) {
    starting->read();
    i = tasks_.find(ticket);
    if (i == tasks_.end())
      return;
  }
  i->second.exited = true;
  channel_->send({packet_kind::exited, ticket, status});
  finish_when_gone(ticket);
}

void supervisor::on_gone(std::uint64_t ticket,
                         const std::vector<process_key>& given_up) {
  known_strays_.insert(given_up.begin(), given_up.end());
  auto i = tasks_.find(ticket);
  if (i == tasks_.end())
    return;
  i->second.gone = true;
  i->second.given_up = given_up.size();
  // At the end, strays are ended after the last task.
  if (!bridge_gone_
      && end_strays([this, ticket] { stop_waiting_for_strays(ticket); }))
    wait_for_strays(ticket);
  finish_when_gone(ticket);
}

void supervisor::wait_for_strays(std::uint64_t ticket) {
  auto& wait = tasks_.at(ticket).stray_wait;
  wait = std::make_unique<boost::asio::steady_timer>(context_, stray_patience);
  wait->async_wait([this, ticket](boost::system::error_code ec) {
    if (!ec)
      stop_waiting_for_strays(ticket);
  });
}

void supervisor::stop_waiting_for_strays(std::uint64_t ticket) {
  auto i = tasks_.find(ticket);
  if (i == tasks_.end())
    return;
  i->second.stray_wait.reset();
  finish_when_gone(ticket);
}

void supervisor::finish_when_gone(std::uint64_t ticket) {
  auto i = tasks_.find(ticket);
  if (i == tasks_.end() || !i->second.gone || i->second.stray_wait)
    return;
  // A root that was given up does not exit in time.
  if (!i->second.exited && i->second.given_up == 0)
    return;
  channel_->send({packet_kind::gone, ticket,
                  static_cast<std::int64_t>(i->second.given_up)});
  erase(i);
  stop_when_idle();
}

void supervisor::erase(std::unordered_map<std::uint64_t, task>::iterator i) {
  if (i->second.starting)
    i->second.starting->stop();
  auto cgroup = std::move(i->second.cgroup);
  tasks_.erase(i);
  retired_.retire(std::move(cgroup));
}

bool supervisor::end_strays(std::function<void()> on_ended) {
  if (policy_ == leftovers::keep)
    return false;
  std::vector<process_key> others;
  std::unordered_set<std::string> marks;
  for (const auto& [ticket, x] : tasks_) {
    if (x.gone)
      continue;
    others.push_back(x.root);
    marks.insert(x.mark);
  }
  auto table = process_table::read();
  std::erase_if(known_strays_, [&](const auto& x) {
    auto found = table.find(x.pid);
    return found == nullptr || found->key != x;
  });
  auto strays = find_strays(table, ::getpid(), others, marks, known_strays_);
  if (strays.empty())
    return false;
  known_strays_.insert(strays.begin(), strays.end());
  task_tree tree;
  for (const auto& x : strays)
    tree.add(x);
  ++stray_endings_;
  ender_.end(++last_stray_ticket_ | strays_bit, std::move(tree), nullptr,
             orphan_kill_delay,
             [this, on_ended = std::move(on_ended)](const auto& given_up) {
               known_strays_.insert(given_up.begin(), given_up.end());
               --stray_endings_;
               on_ended();
               stop_when_idle();
             });
  return true;
}

// -- the end of the bridge ----------------------------------------------------

void supervisor::on_bridge_gone() {
  bridge_gone_ = true;
  for (auto i = tasks_.begin(); i != tasks_.end();) {
    auto x = i++;
    // These are leftovers already.
    if (policy_ == leftovers::keep && x->second.exited
        && !ender_.is_ending(x->first))
      erase(x);
    else
      end(x->first, orphan_kill_delay);
  }
  stop_when_idle();
}

void supervisor::stop_when_idle() {
  if (!bridge_gone_ || !tasks_.empty() || stray_endings_ > 0)
    return;
  if (end_strays([] {}))
    return;
  retired_.remove_empty();
  context_.stop();
}

} // namespace bridgekeeper::app
