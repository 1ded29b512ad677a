#include "store/slow/dispatch_model.hpp"

#include <algorithm>

namespace bridgekeeper::test::modelled {

void model::step_bridge(const world& x, int from) {
  if (x.link != 0 && !x.to_bridge.empty()) {
    auto n = x;
    auto heard = n.to_bridge.front();
    n.to_bridge.erase(n.to_bridge.begin());
    if (heard.kind != 'd') {
      n.runs.erase(heard.a);
    } else if (resumes_ && n.runs.contains(heard.a)) {
      if (n.runs[heard.a] == 'd')
        n.to_daemon.push_back({'e', heard.a});
    } else {
      auto& count = n.executions[static_cast<std::size_t>(heard.a)];
      count = std::min(3, count + 1);
      n.runs[heard.a] = 'r';
      n.to_daemon.push_back({'p', heard.a});
    }
    visit(n, from);
  }
  for (auto [attempt, how] : x.runs) {
    if (how != 'r')
      continue;
    auto n = x;
    n.runs[attempt] = 'd';
    if (x.link != 0) {
      n.to_daemon.push_back({'e', attempt});
      if (!resumes_)
        n.runs.erase(attempt);
    }
    visit(n, from);
  }
  if (x.daemon && x.link == 0 && x.last_link < 6)
    connect(x, from);
}

void model::connect(world x, int from) {
  x.link = ++x.last_link;
  auto& daemon = *x.daemon;
  daemon.link = x.link;
  if (!daemon.is_awaiting)
    daemon.instance = x.instance;
  x.to_bridge.clear();
  auto listed = 0;
  queue results;
  for (auto [attempt, how] : x.runs) {
    listed |= resumes_ ? 1 << attempt : 0;
    if (how == 'd')
      results.push_back({'e', attempt});
  }
  x.to_daemon = {{'g', x.instance, listed}};
  x.to_daemon.insert(x.to_daemon.end(), results.begin(), results.end());
  if (!resumes_)
    std::erase_if(x.runs, [](const auto& run) { return run.second == 'd'; });
  visit(x, from);
}

// -- faults -------------------------------------------------------------------

void model::step_faults(const world& x, int from) {
  auto cut = [&](world n) {
    n.link = 0;
    n.to_bridge.clear();
    n.to_daemon.clear();
    if (n.daemon && x.link != 0) {
      n.daemon->link = 0;
      if (n.daemon->on_wire != 0 && resumes_)
        n.daemon->is_awaiting = true;
      else if (n.daemon->on_wire != 0)
        lose(*n.daemon, n.daemon->on_wire);
    }
    visit(n, from);
  };
  if (x.link != 0 && x.drops > 0) {
    auto n = x;
    --n.drops;
    cut(n);
  }
  if (x.deaths > 0) {
    auto n = x;
    --n.deaths;
    ++n.instance;
    n.runs.clear();
    cut(n);
  }
  if (x.daemon && x.crashes > 0) {
    auto n = x;
    --n.crashes;
    n.daemon.reset();
    n.link = 0;
    n.to_bridge.clear();
    n.to_daemon.clear();
    visit(n, from);
  }
  if (!x.daemon) {
    auto n = x;
    n.daemon = memory{};
    if (x.row && x.row->state() != state::queued && !is_end(x.row->state())) {
      auto link = static_cast<int>(to_number(x.row->sent_to()));
      if (wrong_ == defect::requeue_sent) {
        n.daemon->operations.push_back({'U', x.row->attempt(), link});
      } else if (resumes_) {
        n.daemon->on_wire = x.row->attempt();
        n.daemon->is_awaiting = true;
      } else {
        lose(*n.daemon, x.row->attempt());
      }
    }
    visit(n, from);
  }
}

} // namespace bridgekeeper::test::modelled
