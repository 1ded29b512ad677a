// Random walks over the life of some dispatches. A small model in memory says
// what each operation must do: `dispatch_life` for the states, a sum for the
// money. The store must agree, also after it was closed and opened again.

#include "domain/dispatch_life.hpp"
#include "store/dispatches/scratch_store.hpp"

#include <doctest/doctest.h>

#include <array>
#include <rapidcheck.h>
#include <set>
#include <stdlib.h>
#include <utility>
#include <vector>

using namespace bridgekeeper;
using namespace bridgekeeper::test;
using store::completion;
using store::outcome;
using state = dispatch_state;

namespace {

constexpr std::uint16_t most_attempts = 3;

/// One step of a walk; the numbers are taken modulo what they choose from.
struct action {
  std::uint8_t kind = 0;
  std::uint8_t dispatch = 0;
  std::uint8_t attempt = 0;
  std::uint8_t link = 0;
};

/// Shows a step of a walk that has failed.
void showValue(const action& x, std::ostream& out) {
  out << '{' << x.kind % 11 << ", dispatch " << x.dispatch % 3 << ", attempt "
      << x.attempt % most_attempts + 1 << ", link " << x.link % 2 + 1 << '}';
}

/// What is known of a dispatch without the store.
struct modelled {
  dispatch_life life{retry_policy{most_attempts, true, true, true}};
  message_id id;
  store::dispatch_number number{};
  bool is_stored = false;
  /// Attempts whose result is on record.
  std::set<std::uint16_t> results;
};

class walk {
public:
  walk() {
    aut_.open();
    for (auto& x : dispatches_) {
      x.id = message_id{make_uuid_v7()};
      x.number = aut_->writer().next_number();
    }
  }

  void take(const action& x) {
    auto& d = dispatches_[x.dispatch % dispatches_.size()];
    auto attempt = static_cast<std::uint16_t>(x.attempt % most_attempts + 1);
    incarnation link{x.link % 2u + 1u};
    if (!d.is_stored) {
      d.is_stored = true;
      RC_ASSERT(run(inserted(d.number, d.id, state::queued)).what
                == outcome::applied);
      ++events_;
      return;
    }
    switch (x.kind % 11) {
    case 0:
    case 1:
      expect(d.life.on_sent(link) == life_step::moved,
             store::mark_sent{d.number, d.life.attempt(), link});
      break;
    case 2:
      // The store's guard names the attempt, too.
      if (attempt == d.life.attempt())
        expect(d.life.on_unsent(link) == life_step::moved,
               store::unsend{d.number, attempt, link});
      break;
    case 3:
      expect(d.life.on_accepted(attempt) == life_step::moved,
             store::mark_accepted{d.number, attempt});
      break;
    case 4:
      expect(d.life.on_progress(attempt) == life_step::moved,
             store::mark_running{d.number, attempt});
      break;
    case 5:
    case 6:
      respond(d, attempt);
      break;
    case 7:
      report_error(d, attempt);
      break;
    case 8: {
      auto before = d.life;
      auto step = d.life.on_attempt_timeout(attempt);
      fail(d, before, step, attempt, {}, state::timed_out, errc::timeout);
      break;
    }
    case 9: {
      auto before = d.life;
      auto step = d.life.on_lost(link, errc::agent_lost);
      fail(d, before, step, 0, link, state::lost, errc::agent_lost);
      break;
    }
    case 10: {
      store::end_dispatch end{{d.number, 0, store::unfinished},
                              state::cancelled};
      expect(d.life.on_cancel() == life_step::ended, std::move(end));
      break;
    }
    }
  }

  void reopen() {
    aut_.close();
    aut_.open();
  }

  void check() {
    for (auto& x : dispatches_) {
      if (!x.is_stored)
        continue;
      auto found = aut_.history(x.id);
      RC_ASSERT(found.has_value());
      RC_ASSERT(found->row.state == x.life.state());
      RC_ASSERT(found->row.attempt == x.life.attempt());
      RC_ASSERT(found->results.size() == x.results.size());
      for (const auto& result : found->results)
        RC_ASSERT((result.answer->details != nullptr)
                  == result.answer->error.has_value());
      if (x.life.state() == state::sent)
        RC_ASSERT(found->row.link == x.life.sent_to());
    }
    RC_ASSERT(aut_.number("SELECT coalesce(sum(spent_musd), 0) FROM days")
              == spent_);
    RC_ASSERT(aut_.number("SELECT coalesce(sum(spent_musd), 0) FROM sessions")
              == spent_);
    RC_ASSERT(aut_.number("SELECT coalesce(sum(cost_musd), 0) FROM results")
              == spent_);
    // Without a crash, numbers have no holes.
    RC_ASSERT(aut_.number("SELECT count(*) FROM events") == events_);
    RC_ASSERT(aut_.number("SELECT coalesce(max(n), 0) FROM events") == events_);
    std::uint64_t last = 0;
    timestamp at{};
    for (const auto& x : aut_.published()) {
      RC_ASSERT(x->sequence > last);
      RC_ASSERT(x->at > at);
      last = x->sequence;
      at = x->at;
    }
  }

private:
  completion run(store::operation_body body) {
    return aut_.wait(
        aut_.submit({std::move(body)}, store::durability::commit).front());
  }

  void expect(bool applies, store::operation_body body) {
    RC_ASSERT((run(std::move(body)).what == outcome::applied) == applies);
  }

  store::outcome_report report_of(const modelled& d, std::uint16_t attempt) {
    return {answer_of(d.id), micro_usd{100 + attempt}};
  }

  /// What must become of a report whose guard does not match.
  void expect_late(modelled& d, std::uint16_t attempt, const completion& x) {
    auto is_over = attempt < d.life.attempt() || is_end(d.life.state());
    if (d.results.contains(attempt)) {
      RC_ASSERT(x.what == outcome::repeated);
    } else if (is_over && attempt <= d.life.attempt()) {
      RC_ASSERT(x.what == outcome::kept_late);
      settle(d, attempt);
    } else {
      RC_ASSERT(x.what == outcome::came_late);
    }
  }

  void settle(modelled& d, std::uint16_t attempt) {
    d.results.insert(attempt);
    spent_ += 100 + attempt;
    ++events_;
  }

  void respond(modelled& d, std::uint16_t attempt) {
    store::end_dispatch end{{d.number, attempt, store::on_link}};
    end.report = report_of(d, attempt);
    end.events = {responded(d.id)};
    end.late_events = {responded(d.id)};
    auto step = d.life.on_response(attempt);
    auto done = run(std::move(end));
    if (step == life_step::late) {
      expect_late(d, attempt, done);
      return;
    }
    RC_ASSERT(done.what == outcome::applied);
    settle(d, attempt);
  }

  void report_error(modelled& d, std::uint16_t attempt) {
    auto before = d.life;
    // The policy covers all failures, of whatever class.
    auto step = d.life.on_error(attempt, failure_class::rate_limited);
    auto report = report_of(d, attempt);
    report.answer = failed_answer_of(d.id);
    store::guard when{d.number, attempt, store::on_link};
    completion done;
    if (before.attempt() < most_attempts) {
      store::retry_dispatch retry{when, errc::task_failed};
      retry.report = report;
      retry.events = retry.late_events = {responded(d.id)};
      done = run(std::move(retry));
    } else {
      store::end_dispatch end{when, state::failed, errc::task_failed};
      end.report = report;
      end.events = end.late_events = {responded(d.id)};
      done = run(std::move(end));
    }
    if (step == life_step::late) {
      expect_late(d, attempt, done);
      return;
    }
    RC_ASSERT(done.what == outcome::applied);
    settle(d, attempt);
  }

  /// An attempt has failed without a report.
  void fail(modelled& d, const dispatch_life& before, life_step step,
            std::uint16_t attempt, std::optional<incarnation> link, state how,
            errc why) {
    store::guard when{d.number, attempt, store::on_link, link};
    if (before.attempt() < most_attempts)
      expect(step == life_step::retried, store::retry_dispatch{when, why});
    else
      expect(step == life_step::ended, store::end_dispatch{when, how, why});
  }

  scratch_store aut_;
  std::array<modelled, 3> dispatches_;
  std::int64_t spent_ = 0;
  std::int64_t events_ = 0;
};

} // namespace

namespace rc {

template <>
struct Arbitrary<action> {
  static Gen<action> arbitrary() {
    return gen::build<action>(
        gen::set(&action::kind), gen::set(&action::dispatch),
        gen::set(&action::attempt), gen::set(&action::link));
  }
};

} // namespace rc

TEST_CASE("the store agrees with the life of a dispatch in any order") {
  // The same walks each time, unless the environment asks for others.
  ::setenv("RC_PARAMS", "seed=20261 max_success=40", 0);
  auto ok = rc::check([](const std::vector<action>& actions) {
    walk aut;
    for (const auto& x : actions)
      aut.take(x);
    aut.check();
    aut.reopen();
    aut.check();
  });
  CHECK(ok);
}
