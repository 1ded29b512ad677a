#include "store/slow/dispatch_world.hpp"

#include "domain/ids.hpp"

namespace bridgekeeper::test::modelled {

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

// -- promises -----------------------------------------------------------------

char letter_of(state x) {
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

std::string broken_promise(const world& x) {
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

bool is_goal(const world& x) {
  return x.row ? is_end(x.row->state()) : !x.has_200 && x.has_asked;
}

} // namespace bridgekeeper::test::modelled
