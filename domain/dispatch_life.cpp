#include "domain/dispatch_life.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace bridgekeeper {

namespace {

/// In the order of their numbers.
constexpr std::array<std::string_view, 9> state_names{
    "queued", "sent",      "accepted",  "running", "completed",
    "failed", "timed_out", "cancelled", "lost"};

} // namespace

std::string_view to_string(dispatch_state x) noexcept {
  return state_names.at(static_cast<std::size_t>(x));
}

std::optional<dispatch_state>
to_dispatch_state(std::string_view name) noexcept {
  auto pos = std::find(state_names.begin(), state_names.end(), name);
  if (pos == state_names.end())
    return std::nullopt;
  return static_cast<dispatch_state>(pos - state_names.begin());
}

// -- which attempts are retried -----------------------------------------------

bool retry_policy::covers_failure(
    std::optional<failure_class> why) const noexcept {
  if (on_failed || !why)
    return on_failed;
  return *why == failure_class::timed_out ? on_timeout
                                          : on_classes.contains(*why);
}

bool add_reason(retry_policy& out, std::string_view name) {
  // `timed_out` is a state as well as a class, and means both.
  if (name == "lost")
    out.on_lost = true;
  else if (name == "timed_out")
    out.on_timeout = true;
  else if (name == "failed")
    out.on_failed = true;
  else if (auto found = to_failure_class(name))
    out.on_classes.add(*found);
  else
    return false;
  return true;
}

std::vector<std::string_view> reasons_of(const retry_policy& x) {
  std::vector<std::string_view> out;
  if (x.on_lost)
    out.emplace_back("lost");
  if (x.on_timeout)
    out.emplace_back("timed_out");
  if (x.on_failed)
    out.emplace_back("failed");
  for (auto each : failure_classes())
    if (each != failure_class::timed_out && x.on_classes.contains(each))
      out.push_back(to_string(each));
  return out;
}

const std::string& all_retry_reasons() {
  static const auto text = [] {
    retry_policy all{1, true, true, true};
    for (auto x : failure_classes())
      all.on_classes.add(x);
    std::string out;
    auto names = reasons_of(all);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (i > 0)
        out += i + 1 < names.size() ? ", " : " and ";
      out += names[i];
    }
    return out;
  }();
  return text;
}

// -- sending to the bridge ----------------------------------------------------

life_step dispatch_life::on_sent(incarnation to) {
  if (state_ != dispatch_state::queued)
    return life_step::none;
  sent_to_ = to;
  return move(dispatch_state::sent);
}

life_step dispatch_life::on_unsent(incarnation to) {
  if (state_ != dispatch_state::sent || sent_to_ != to || awaited_)
    return life_step::none;
  return move(dispatch_state::queued);
}

// -- messages from the bridge -------------------------------------------------

life_step dispatch_life::on_accepted(std::uint16_t attempt) {
  if (state_ != dispatch_state::sent || !is_current(attempt))
    return life_step::none;
  return move(dispatch_state::accepted);
}

life_step dispatch_life::on_progress(std::uint16_t attempt) {
  if (!on_link() || !is_current(attempt) || state_ == dispatch_state::running)
    return life_step::none;
  return move(dispatch_state::running);
}

life_step dispatch_life::on_response(std::uint16_t attempt) {
  if (!on_link() || !is_current(attempt))
    return life_step::late;
  return end(dispatch_state::completed, std::nullopt);
}

life_step dispatch_life::on_error(std::uint16_t attempt,
                                  std::optional<failure_class> why) {
  if (!on_link() || !is_current(attempt))
    return life_step::late;
  return fail_attempt(dispatch_state::failed, errc::task_failed,
                      policy_.covers_failure(why));
}

// -- timeouts -----------------------------------------------------------------

life_step dispatch_life::on_attempt_timeout(std::uint16_t attempt) {
  if (!on_link() || !is_current(attempt) || awaited_)
    return life_step::none;
  return fail_attempt(dispatch_state::timed_out, errc::timeout,
                      policy_.on_timeout);
}

life_step dispatch_life::on_queue_timeout() {
  if (state_ != dispatch_state::queued)
    return life_step::none;
  return end(dispatch_state::timed_out, errc::timeout);
}

life_step dispatch_life::on_total_timeout() {
  if (is_end(state_))
    return life_step::none;
  return end(dispatch_state::timed_out, errc::timeout);
}

// -- links --------------------------------------------------------------------

life_step dispatch_life::on_lost(incarnation from, errc why) {
  if (!on_link() || sent_to_ != from)
    return life_step::none;
  return fail_attempt(dispatch_state::lost, why, policy_.on_lost);
}

life_step dispatch_life::on_agent_gone(errc why) {
  if (state_ != dispatch_state::queued)
    return life_step::none;
  return end(dispatch_state::lost, why);
}

life_step dispatch_life::on_link_down(incarnation from) {
  if (!on_link() || awaited_ || sent_to_ != from)
    return life_step::none;
  awaited_ = true;
  return life_step::moved;
}

life_step dispatch_life::on_grace_over(bool is_overdue) {
  if (!awaited_)
    return life_step::none;
  return is_overdue ? fail_attempt(dispatch_state::timed_out, errc::timeout,
                                   policy_.on_timeout)
                    : fail_attempt(dispatch_state::lost, errc::agent_lost,
                                   policy_.on_lost);
}

life_step dispatch_life::on_resumed(incarnation to, bool is_listed) {
  if (!awaited_)
    return life_step::none;
  // A bridge that does not list the attempt never got the frame if the attempt
  // was only sent, so it is safe to send it again. Otherwise the bridge has
  // lost work that it had started.
  if (is_listed || state_ == dispatch_state::sent) {
    awaited_ = false;
    sent_to_ = to;
    return is_listed ? life_step::adopted : life_step::resent;
  }
  return fail_attempt(dispatch_state::lost, errc::agent_lost, policy_.on_lost);
}

// -- retries ------------------------------------------------------------------

life_step dispatch_life::on_retry_dropped() {
  if (state_ != dispatch_state::queued || attempt_ == 1 || !reason_)
    return life_step::none;
  --attempt_;
  return end(*reason_ == errc::task_failed ? dispatch_state::failed
             : *reason_ == errc::timeout   ? dispatch_state::timed_out
                                           : dispatch_state::lost,
             reason_);
}

// -- cancellation -------------------------------------------------------------

life_step dispatch_life::on_cancel() {
  if (is_end(state_))
    return life_step::none;
  return end(dispatch_state::cancelled, std::nullopt);
}

// -- steps --------------------------------------------------------------------

bool dispatch_life::on_link() const noexcept {
  return state_ == dispatch_state::sent || state_ == dispatch_state::accepted
         || state_ == dispatch_state::running;
}

bool dispatch_life::is_current(std::uint16_t attempt) const noexcept {
  return attempt == attempt_;
}

life_step dispatch_life::move(dispatch_state to) {
  state_ = to;
  return life_step::moved;
}

life_step dispatch_life::end(dispatch_state how, std::optional<errc> why) {
  state_ = how;
  awaited_ = false;
  reason_ = why;
  return life_step::ended;
}

life_step dispatch_life::fail_attempt(dispatch_state how, errc why,
                                      bool may_retry) {
  if (!may_retry || attempt_ >= policy_.max_attempts)
    return end(how, why);
  ++attempt_;
  state_ = dispatch_state::queued;
  awaited_ = false;
  reason_ = why;
  return life_step::retried;
}

} // namespace bridgekeeper
