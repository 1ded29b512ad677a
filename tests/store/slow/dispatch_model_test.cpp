// Every interleaving of one dispatch: a daemon that may be killed, one bridge
// that may lose its link or die, a client that submits and may cancel, and a
// timeout. What is durable is a `dispatch_life`, changed only by commits. Then
// the same with defects, each of which must break a promise.

#include "domain/dispatch_life.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

using namespace bridgekeeper;
using state = dispatch_state;

namespace {

enum class defect {
  none,
  send_first,
  answer_first,
  ack_first,
  no_guard,
  no_instance,
  requeue_sent,
  no_attempt_id,
};

/// A message, an operation or an effect, by its kind; the numbers' meaning
/// depends on it.
struct item {
  char kind = 0;
  int a = 0;
  int b = 0;
  int c = 0;
};

using queue = std::vector<item>;

/// What the daemon has in memory.
struct memory {
  int link = 0;
  int instance = 0;
  int on_wire = 0;
  bool is_awaiting = false;
  queue operations;
  queue effects;
};

struct world {
  std::optional<dispatch_life> row;
  int row_instance = 0;
  std::optional<memory> daemon = memory{1, 1, 0, false, {}, {}};
  int instance = 1;
  int link = 1;
  /// By attempt: 'r' running, 'd' done.
  std::map<int, char> runs;
  queue to_bridge;
  queue to_daemon;
  bool has_asked = false;
  bool has_200 = false;
  char seen = 0;
  int ends = 0;
  /// The result of an attempt has ended another one.
  bool is_mixed_up = false;
  std::vector<int> executions;
  int crashes = 2;
  int drops = 1;
  int deaths = 1;
  int cancels = 1;
  int timeouts = 1;
  int last_link = 1;
};

std::string key_of(const world& x) {
  std::string out;
  auto add = [&out](int n) { out += static_cast<char>(n + 1); };
  auto add_all = [&](const queue& items) {
    add(static_cast<int>(items.size()));
    for (const auto& i : items)
      for (auto n : {static_cast<int>(i.kind), i.a, i.b, i.c})
        add(n);
  };
  add(x.row ? static_cast<int>(x.row->state()) : -1);
  if (x.row)
    for (auto n :
         {static_cast<int>(x.row->attempt()),
          static_cast<int>(to_number(x.row->sent_to())), x.row_instance})
      add(n);
  add(x.daemon.has_value());
  if (x.daemon) {
    for (auto n : {x.daemon->link, x.daemon->instance, x.daemon->on_wire,
                   static_cast<int>(x.daemon->is_awaiting)})
      add(n);
    add_all(x.daemon->operations);
    add_all(x.daemon->effects);
  }
  for (auto n :
       {x.instance, x.link, static_cast<int>(x.has_asked),
        static_cast<int>(x.has_200), static_cast<int>(x.seen), x.ends,
        static_cast<int>(x.is_mixed_up), x.crashes, x.drops, x.deaths,
        x.cancels, x.timeouts, x.last_link, static_cast<int>(x.runs.size())})
    add(n);
  for (auto [attempt, how] : x.runs) {
    add(attempt);
    add(how);
  }
  for (auto n : x.executions)
    add(n);
  add_all(x.to_bridge);
  add_all(x.to_daemon);
  return out;
}

class model {
public:
  model(bool resumes, defect wrong, int attempts)
    : resumes_(resumes), wrong_(wrong), attempts_(attempts) {}

  /// The promise that is broken somewhere; empty if none is.
  std::string explore() {
    world start;
    start.executions.assign(static_cast<std::size_t>(attempts_) + 2, 0);
    visit(start, -1);
    while (!open_.empty()) {
      auto [index, x] = std::move(open_.front());
      open_.pop_front();
      if (is_goal(x))
        goals_.push_back(index);
      step(x, index);
      if (!broken_.empty())
        return broken_;
    }
    return is_stuck() ? "it never ends" : "";
  }

  [[nodiscard]] std::size_t states() const {
    return known_.size();
  }

private:
  // -- commits ----------------------------------------------------------------

  void commit(world x, int from) {
    auto op = x.daemon->operations.front();
    x.daemon->operations.erase(x.daemon->operations.begin());
    auto& effects = x.daemon->effects;
    auto& row = x.row;
    auto attempt = op.a;
    auto is_current = row && row->attempt() == attempt;
    auto is_free = wrong_ == defect::no_guard && row;
    auto link = incarnation{static_cast<std::uint64_t>(op.b)};
    auto end = [&](char seen, bool has_ended, state how) {
      if (is_free && !has_ended) {
        row = dispatch_life{policy(), {how, row->attempt(), row->sent_to()}};
        has_ended = true;
      }
      if (has_ended) {
        ++x.ends;
        x.is_mixed_up = seen == 'C' && op.b != attempt;
        effects.push_back({'s', seen});
      }
      if (seen == 'C')
        effects.push_back({'a', attempt});
      else if (has_ended)
        effects.push_back({'c', attempt});
    };
    switch (op.kind) {
    case 'i':
      row = dispatch_life{policy()};
      effects.push_back({'o'});
      if (op.b != 0) {
        row->on_sent(link);
        x.row_instance = op.c;
        if (wrong_ != defect::send_first)
          effects.push_back({'f', 1, op.b});
      }
      break;
    case 'S':
      if (is_current && row->on_sent(link) == life_step::moved) {
        x.row_instance = op.c;
        effects.push_back({'f', attempt, op.b});
      }
      break;
    case 'U':
      if (is_current)
        row->on_unsent(wrong_ == defect::requeue_sent ? row->sent_to() : link);
      break;
    case 'P':
      if (is_current)
        row->on_progress(static_cast<std::uint16_t>(attempt));
      break;
    case 'A':
      if (is_current && row->on_link_down(row->sent_to()) == life_step::moved) {
        auto step = row->on_resumed(link, op.c % 2 == 1);
        x.row_instance = op.c / 2;
        if (step == life_step::resent)
          effects.push_back({'f', attempt, op.b});
        else if (step == life_step::ended)
          end('L', true, state::lost);
      }
      break;
    case 'R':
      if (is_current || is_free) {
        auto step = row->on_lost(row->sent_to(), errc::agent_lost);
        if (is_free && step == life_step::none)
          row = dispatch_life{
              policy(),
              {state::queued, static_cast<std::uint16_t>(attempt + 1)}};
      }
      break;
    case 'L':
      end('L',
          is_current
              && row->on_lost(row->sent_to(), errc::agent_lost)
                     == life_step::ended,
          state::lost);
      break;
    case 'C':
      end('C',
          row
              && row->on_response(static_cast<std::uint16_t>(attempt))
                     == life_step::ended,
          state::completed);
      break;
    case 'X':
      end('X', is_current && row->on_total_timeout() == life_step::ended,
          state::timed_out);
      break;
    case 'K':
      end('K', is_current && row->on_cancel() == life_step::ended,
          state::cancelled);
      break;
    default:
      effects.push_back({'a', attempt});
    }
    visit(x, from);
  }

  void carry_out(world x, int from) {
    auto effect = x.daemon->effects.front();
    auto& daemon = *x.daemon;
    daemon.effects.erase(daemon.effects.begin());
    auto tell = [&](char kind) {
      if (resumes_ && daemon.link != 0)
        x.to_bridge.push_back({kind, effect.a});
    };
    if (effect.kind == 'o') {
      x.has_200 = true;
    } else if (effect.kind == 's') {
      show(x, static_cast<char>(effect.a));
    } else if (effect.kind == 'a') {
      tell('a');
    } else if (effect.kind == 'c') {
      tell('c');
      daemon.on_wire = 0;
      daemon.is_awaiting = false;
    } else if (!(x.row && is_end(x.row->state()))) {
      if (daemon.link != 0 && daemon.link == effect.b) {
        x.to_bridge.push_back({'d', effect.a});
        daemon.on_wire = effect.a;
        daemon.is_awaiting = false;
      } else {
        daemon.operations.push_back({'U', effect.a, effect.b});
      }
    }
    visit(x, from);
  }

  static void show(world& x, char end) {
    x.seen = x.seen == 0 || x.seen == end ? end : '!';
  }

  /// The bridge that had the attempt is gone.
  void lose(memory& daemon, int attempt) const {
    daemon.on_wire = 0;
    daemon.is_awaiting = false;
    daemon.operations.push_back({attempt < attempts_ ? 'R' : 'L', attempt});
  }

  // -- what may happen --------------------------------------------------------

  void step(const world& x, int from) {
    if (x.daemon) {
      step_daemon(x, from);
      hear_bridge(x, from);
    }
    step_bridge(x, from);
    step_faults(x, from);
  }

  void step_daemon(const world& x, int from) {
    const auto& daemon = *x.daemon;
    if (!x.has_asked) {
      auto n = x;
      n.has_asked = true;
      n.daemon->operations.push_back({'i', 1, daemon.link, daemon.instance});
      if (wrong_ == defect::send_first && daemon.link != 0) {
        n.to_bridge.push_back({'d', 1});
        n.daemon->on_wire = 1;
      }
      n.has_200 = wrong_ == defect::answer_first;
      visit(n, from);
    }
    if (!daemon.operations.empty())
      commit(x, from);
    if (!daemon.effects.empty())
      carry_out(x, from);
    auto is_over = x.row && is_end(x.row->state());
    if (daemon.operations.empty() && daemon.effects.empty() && x.row) {
      if (x.row->state() == state::queued && daemon.link != 0) {
        auto n = x;
        n.daemon->operations.push_back(
            {'S', x.row->attempt(), daemon.link, daemon.instance});
        visit(n, from);
      }
      if (is_over && x.seen != letter_of(x.row->state())) {
        auto n = x;
        show(n, letter_of(x.row->state()));
        visit(n, from);
      }
    }
    if (daemon.is_awaiting && daemon.on_wire != 0) {
      auto n = x;
      lose(*n.daemon, daemon.on_wire);
      visit(n, from);
    }
    if (x.row && !is_over && x.cancels > 0 && x.has_200) {
      auto n = x;
      --n.cancels;
      n.daemon->operations.push_back({'K', x.row->attempt()});
      visit(n, from);
    }
    if (x.row && !is_over && x.timeouts > 0
        && (daemon.on_wire != 0 || x.row->state() == state::queued)) {
      auto n = x;
      --n.timeouts;
      n.daemon->on_wire = 0;
      n.daemon->is_awaiting = false;
      n.daemon->operations.push_back({'X', x.row->attempt()});
      visit(n, from);
    }
  }

  void hear_bridge(const world& x, int from) {
    if (x.daemon->link == 0 || x.to_daemon.empty())
      return;
    auto n = x;
    auto heard = n.to_daemon.front();
    n.to_daemon.erase(n.to_daemon.begin());
    auto& daemon = *n.daemon;
    if (heard.kind == 'g') {
      register_bridge(n, heard);
    } else if (heard.kind == 'p') {
      if (daemon.on_wire == heard.a)
        daemon.operations.push_back({'P', heard.a});
    } else {
      auto is_awaited =
          !daemon.is_awaiting
          && (wrong_ == defect::no_attempt_id ? daemon.on_wire != 0
                                              : daemon.on_wire == heard.a);
      if (is_awaited && daemon.on_wire != 0) {
        daemon.operations.push_back({'C', daemon.on_wire, heard.a});
        daemon.on_wire = 0;
        if (wrong_ == defect::ack_first && resumes_)
          n.to_bridge.push_back({'a', heard.a});
      } else {
        daemon.operations.push_back({'l', heard.a});
      }
    }
    visit(n, from);
  }

  /// `heard.b` has a bit for each attempt that the bridge lists.
  void register_bridge(world& x, const item& heard) const {
    auto& daemon = *x.daemon;
    daemon.instance = heard.a;
    auto attempt = daemon.on_wire;
    if (daemon.is_awaiting && attempt != 0) {
      auto is_same = wrong_ == defect::no_instance || x.row_instance == heard.a;
      auto is_listed = (heard.b >> attempt & 1) != 0;
      daemon.is_awaiting = false;
      if (!is_same) {
        lose(daemon, attempt);
      } else {
        daemon.on_wire = is_listed ? attempt : 0;
        daemon.operations.push_back(
            {'A', attempt, daemon.link, heard.a * 2 + (is_listed ? 1 : 0)});
      }
    }
    for (auto a = 1; a <= attempts_ && resumes_; ++a)
      if ((heard.b >> a & 1) != 0
          && (!x.row || x.row->attempt() != a || is_end(x.row->state())))
        x.to_bridge.push_back({'c', a});
  }

  void step_bridge(const world& x, int from) {
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

  void connect(world x, int from) {
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

  void step_faults(const world& x, int from) {
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

  // -- promises ---------------------------------------------------------------

  [[nodiscard]] retry_policy policy() const {
    return {static_cast<std::uint16_t>(attempts_), true, false, true};
  }

  static char letter_of(state x) {
    switch (x) {
    case state::completed:
      return 'C';
    case state::timed_out:
      return 'X';
    case state::cancelled:
      return 'K';
    default:
      return 'L';
    }
  }

  static std::string broken_promise(const world& x) {
    if (x.ends > 1)
      return "two ends";
    if (x.is_mixed_up)
      return "the result of another attempt";
    if (x.seen == '!')
      return "two outcomes were shown";
    if (x.seen != 0
        && (!x.row || !is_end(x.row->state())
            || x.seen != letter_of(x.row->state())))
      return "what was shown is not what is stored";
    if (x.has_200 && !x.row)
      return "acknowledged and not stored";
    auto total = 0;
    for (auto n : x.executions) {
      if (n > 1)
        return "an attempt was executed twice";
      total += n;
    }
    if (total > 0 && !x.row && !x.daemon)
      return "executed but not on record after a crash";
    return x.row && total > x.row->attempt() ? "more executions than attempts"
                                             : "";
  }

  static bool is_goal(const world& x) {
    return x.row ? is_end(x.row->state()) : !x.has_200 && x.has_asked;
  }

  /// Whether some state leads to no end.
  bool is_stuck() {
    std::vector<std::vector<int>> before(known_.size());
    for (auto [from, to] : edges_)
      before[static_cast<std::size_t>(to)].push_back(from);
    std::vector<bool> reaches(known_.size());
    auto todo = goals_;
    std::size_t count = 0;
    while (!todo.empty()) {
      auto x = static_cast<std::size_t>(todo.back());
      todo.pop_back();
      if (reaches[x])
        continue;
      reaches[x] = true;
      ++count;
      todo.insert(todo.end(), before[x].begin(), before[x].end());
    }
    return count < known_.size();
  }

  void visit(const world& x, int from) {
    auto [i, is_new] =
        known_.emplace(key_of(x), static_cast<int>(known_.size()));
    if (from >= 0)
      edges_.emplace_back(from, i->second);
    if (!is_new)
      return;
    if (auto why = broken_promise(x); !why.empty())
      broken_ = why;
    open_.emplace_back(i->second, x);
  }

  bool resumes_;
  defect wrong_;
  int attempts_;
  std::unordered_map<std::string, int> known_;
  std::vector<std::pair<int, int>> edges_;
  std::vector<int> goals_;
  std::deque<std::pair<int, world>> open_;
  std::string broken_;
};

std::string explore(bool resumes, defect wrong, int attempts) {
  model aut{resumes, wrong, attempts};
  auto out = aut.explore();
  MESSAGE(aut.states(), " states: ", out.empty() ? "every promise kept" : out);
  return out;
}

} // namespace

TEST_CASE("every promise is kept in every order of events") {
  CHECK(explore(true, defect::none, 1) == "");
  CHECK(explore(false, defect::none, 2) == "");
}

TEST_CASE("every defect breaks a promise") {
  for (auto wrong : {defect::send_first, defect::answer_first, defect::no_guard,
                     defect::requeue_sent}) {
    CAPTURE(static_cast<int>(wrong));
    CHECK(explore(true, wrong, 2) != "");
    CHECK(explore(false, wrong, 2) != "");
  }
  CHECK(explore(true, defect::ack_first, 1) != "");
  CHECK(explore(true, defect::no_instance, 1) != "");
  CHECK(explore(false, defect::no_attempt_id, 2) != "");
}
