#include "app/processes/tree_ender.hpp"

#include <algorithm>
#include <csignal>
#include <unistd.h>
#include <utility>

namespace bridgekeeper::app {

tree_ender::tree_ender(boost::asio::io_context& context,
                       std::unordered_set<pid_t> spared, signaller send_signal)
  : timer_(context), spared_(std::move(spared)),
    send_signal_(std::move(send_signal)),
    marks_([](pid_t pid) { return initial_variable(pid, task_mark); }) {
  spared_.insert(::getpid());
}

void tree_ender::end(std::uint64_t ticket, task_tree tree,
                     std::shared_ptr<task_cgroup> cgroup,
                     std::chrono::milliseconds kill_after,
                     gone_handler on_gone) {
  auto kill_at = clock::now() + kill_after;
  trees_.insert_or_assign(ticket, ending{std::move(tree),
                                         std::move(cgroup),
                                         kill_at,
                                         kill_at + give_up_delay,
                                         std::move(on_gone),
                                         {}});
  look_in({});
}

void tree_ender::kill(std::uint64_t ticket) {
  auto i = trees_.find(ticket);
  if (i == trees_.end())
    return;
  auto now = clock::now();
  i->second.kill_at = std::min(i->second.kill_at, now);
  i->second.give_up_at = std::min(i->second.give_up_at, now + give_up_delay);
  look_in({});
}

/// The timer, even an expired one, lets several requests share one look.
void tree_ender::look_in(clock::duration delay) {
  timer_.expires_after(delay);
  timer_.async_wait([this](boost::system::error_code ec) {
    if (!ec)
      look();
  });
}

void tree_ender::look() {
  auto begin = clock::now();
  auto table = process_table::read();
  std::vector<std::pair<gone_handler, std::vector<process_key>>> gone;
  for (auto i = trees_.begin(); i != trees_.end();) {
    auto& x = i->second;
    auto left = look_at(x, table, begin);
    if (!left.empty() && begin < x.give_up_at) {
      ++i;
      continue;
    }
    if (x.cgroup)
      x.cgroup->remove();
    gone.emplace_back(std::move(x.on_gone), std::move(left));
    i = trees_.erase(i);
  }
  if (trees_.empty()) {
    marks_.clear();
  } else {
    marks_.keep_only(table);
    look_in(
        std::max<clock::duration>(poll_interval, 4 * (clock::now() - begin)));
  }
  // Last, because the handlers may end further trees.
  for (auto& [on_gone, left] : gone)
    on_gone(left);
}

std::vector<process_key> tree_ender::look_at(ending& x,
                                             const process_table& table,
                                             clock::time_point now) {
  if (x.cgroup)
    for (auto pid : x.cgroup->members())
      if (auto entry = table.find(pid))
        x.tree.add(entry->key);
  auto members = x.tree.find(
      table,
      [this, time = ticks_since_boot()](const auto& entry)
          -> const std::string& { return marks_.mark_of(entry.key, time); },
      spared_);
  auto kills = now >= x.kill_at;
  if (kills && x.cgroup)
    x.cgroup->kill();
  for (const auto& process : members) {
    if (kills) {
      send_signal_(process, SIGKILL);
    } else if (x.asked.insert(process).second) {
      send_signal_(process, SIGTERM);
      // A stopped process would notice the signal only when it is continued.
      send_signal_(process, SIGCONT);
    }
  }
  return members;
}

} // namespace bridgekeeper::app
