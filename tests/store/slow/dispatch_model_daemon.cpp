#include "store/slow/dispatch_model.hpp"

namespace bridgekeeper::test::modelled {

namespace {

void show(world& x, char end) {
  x.seen = x.seen == 0 || x.seen == end ? end : '!';
}

} // namespace

void model::step_daemon(const world& x, int from) {
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

// -- commits ------------------------------------------------------------------

void model::commit(world x, int from) {
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
            policy(), {state::queued, static_cast<std::uint16_t>(attempt + 1)}};
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

void model::carry_out(world x, int from) {
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

// -- what the bridge says -----------------------------------------------------

void model::hear_bridge(const world& x, int from) {
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

void model::register_bridge(world& x, const item& heard) const {
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

void model::lose(memory& daemon, int attempt) const {
  daemon.on_wire = 0;
  daemon.is_awaiting = false;
  daemon.operations.push_back({attempt < attempts_ ? 'R' : 'L', attempt});
}

retry_policy model::policy() const {
  return {static_cast<std::uint16_t>(attempts_), true, false, true};
}

} // namespace bridgekeeper::test::modelled
