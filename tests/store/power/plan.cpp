#include "store/power/plan.hpp"

#include "store/dispatches/scratch_store.hpp"
#include "store/power/power_failure.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace bridgekeeper::test {

namespace {

using kind = step::kind;
using state = dispatch_state;

constexpr std::size_t batches = 100;
constexpr std::size_t most_steps = 6;

bool is_on_link(state x) {
  return store::on_link.contains(x);
}

/// Large enough, together, that the log is checkpointed and used again.
std::size_t choose_size(dice& random) {
  return random.percent(30) ? 20'000 + random.below(300'000)
                            : 1 + random.below(2'000);
}

class planner {
public:
  explicit planner(std::uint64_t seed) : dice_(seed) {}

  plan make() {
    plan out;
    out.states.push_back(now_);
    out.lives.push_back({0, false, true});
    for (std::size_t i = 0; i < batches; ++i) {
      if (i > 5 && dice_.percent(2))
        out.lives.push_back({i});
      out.batches.push_back(batch());
      out.states.push_back(now_);
    }
    for (auto& x : out.lives)
      x.ends_cleanly = dice_.percent(40);
    return out;
  }

private:
  std::vector<step> batch() {
    std::vector<step> out;
    auto old = last_;
    out.push_back(insertion());
    std::set<std::int64_t> used;
    for (auto count = dice_.below(most_steps); count > 0 && old > 0; --count) {
      // Mostly new ones, which have not ended.
      auto back = dice_.percent(80) ? std::int64_t{12} : old;
      auto first = std::max(std::int64_t{1}, old - back + 1);
      auto number = first
                    + static_cast<std::int64_t>(
                        dice_.below(static_cast<std::size_t>(old - first + 1)));
      // One step each, so that their order in the batch does not matter.
      if (!now_.dispatches.contains(number) || !used.insert(number).second)
        continue;
      if (auto next = follow_up(number))
        out.push_back(*next);
    }
    return out;
  }

  step insertion() {
    step out{kind::insert, ++last_, 1, 0, choose_size(dice_)};
    now_.dispatches[last_] = {state::queued, 1, out.size, {}, 1};
    return out;
  }

  std::optional<step> follow_up(std::int64_t number) {
    auto& x = now_.dispatches[number];
    if (is_end(x.state))
      return after_end(number, x);
    if (dice_.percent(8)) {
      x.state = state::cancelled;
      ++x.events;
      return step{kind::cancel, number, x.attempt};
    }
    if (x.state == state::queued) {
      x.state = state::sent;
      return step{kind::send, number, x.attempt};
    }
    return is_on_link(x.state) ? std::optional{on_link(number, x)}
                               : std::nullopt;
  }

  step on_link(std::int64_t number, expected_dispatch& x) {
    step out{kind::complete, number, x.attempt};
    switch (dice_.below(6)) {
    case 0:
      if (x.state == state::sent) {
        out.what = kind::run;
        x.state = state::running;
        return out;
      }
      break;
    case 1:
      out.what = kind::progress;
      out.size = choose_size(dice_);
      ++x.events;
      return out;
    case 2:
      if (x.attempt < 3) {
        // The attempt may end without a result, which then comes late.
        out.what = kind::retry;
        if (dice_.percent(50))
          report(out, x, false);
        x.state = state::queued;
        ++x.attempt;
        return out;
      }
      break;
    default:
      break;
    }
    report(out, x, false);
    x.state = state::completed;
    ++x.events;
    return out;
  }

  /// A result for an attempt that has none, or the erasure.
  std::optional<step> after_end(std::int64_t number, expected_dispatch& x) {
    if (dice_.percent(4)) {
      now_.dispatches.erase(number);
      return step{kind::erase, number};
    }
    for (std::uint16_t attempt = 1; attempt <= x.attempt; ++attempt)
      if (!x.results.contains(attempt)) {
        step out{kind::late, number, attempt};
        report(out, x, true);
        return out;
      }
    return std::nullopt;
  }

  void report(step& out, expected_dispatch& x, bool is_late) {
    out.size = choose_size(dice_);
    out.cost = 1 + static_cast<std::int64_t>(dice_.below(1'000));
    now_.spent += out.cost;
    x.results[out.attempt] = {out.cost, out.size, is_late};
  }

  dice dice_;
  expected_store now_;
  std::int64_t last_ = 0;
};

store::outcome_report report_of(const step& x) {
  if (x.size == 0)
    return {};
  return {answer_of(id_of(x.dispatch), text_of(x.dispatch, x.attempt, x.size)),
          micro_usd{x.cost}};
}

} // namespace

plan make_plan(std::uint64_t seed) {
  return planner{seed}.make();
}

message_id id_of(std::int64_t dispatch) {
  auto digits = std::to_string(dispatch);
  return message_id{"01900000-0000-7000-8000-"
                    + std::string(12 - digits.size(), '0') + digits};
}

std::string text_of(std::int64_t dispatch, std::uint16_t attempt,
                    std::size_t size) {
  auto line =
      std::to_string(dispatch) + "." + std::to_string(attempt) + " of a text ";
  std::string out;
  while (out.size() < size)
    out += line + std::to_string(out.size()) + '\n';
  out.resize(size);
  return out;
}

store::operation_body operation_of(const step& x) {
  store::dispatch_number number{x.dispatch};
  auto id = id_of(x.dispatch);
  store::guard in_attempt{number, x.attempt, store::on_link};
  switch (x.what) {
  case kind::insert: {
    auto out = inserted(number, id, state::queued);
    out.max_attempts = 3;
    out.content = text_of(x.dispatch, 0, x.size);
    return out;
  }
  case kind::send:
    return store::mark_sent{number, x.attempt, incarnation{1}};
  case kind::run:
    return store::mark_running{number, x.attempt};
  case kind::progress:
    return store::record_events{
        {progressed(id, text_of(x.dispatch, x.attempt, x.size))},
        number,
        x.attempt};
  case kind::complete: {
    auto out = completed(number, id, x.attempt);
    out.report = report_of(x);
    return out;
  }
  case kind::retry: {
    store::retry_dispatch out{in_attempt};
    out.report = report_of(x);
    return out;
  }
  case kind::late: {
    store::end_dispatch out{in_attempt};
    out.report = report_of(x);
    return out;
  }
  case kind::cancel: {
    store::end_dispatch out{{number, x.attempt, store::unfinished},
                            state::cancelled,
                            errc::cancelled};
    out.events = {responded(id, "cancelled")};
    return out;
  }
  case kind::erase:
    break;
  }
  return store::erase_dispatch{number};
}

} // namespace bridgekeeper::test
