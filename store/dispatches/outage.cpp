#include "store/dispatches/outage.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace bridgekeeper::store {

namespace {

std::size_t size_of(const std::vector<operation>& operations) noexcept {
  std::size_t out = 0;
  for (const auto& x : operations)
    out += footprint(x);
  return out;
}

} // namespace

void outage::begin(fault why, bool reopen) noexcept {
  why_ = why;
  needs_reopening_ = needs_reopening_ || reopen;
}

void outage::end() noexcept {
  why_ = fault::none;
  needs_reopening_ = false;
}

completion outage::refusal_of(const operation& x, outcome what) const noexcept {
  completion out;
  out.token = x.token;
  out.what = what;
  out.why = why_;
  if (auto insert = std::get_if<insert_dispatch>(&x.body))
    out.number = insert->number;
  else if (auto sent = std::get_if<mark_sent>(&x.body))
    out.number = sent->number;
  return out;
}

std::vector<completion> outage::park(std::vector<operation> operations,
                                     std::vector<std::uint32_t>& threads) {
  std::vector<completion> out;
  for (auto& x : operations) {
    if (is_refusable(x)) {
      out.push_back(refusal_of(x, outcome::not_stored));
      threads.push_back(x.thread);
    } else {
      bytes_ += footprint(x);
      parked_.push_back(std::move(x));
    }
  }
  return out;
}

void outage::park_first(std::vector<operation> operations) {
  bytes_ += size_of(operations);
  operations.reserve(operations.size() + parked_.size());
  std::move(parked_.begin(), parked_.end(), std::back_inserter(operations));
  parked_ = std::move(operations);
}

void outage::set_unresolved(std::vector<operation> batch, time_point now) {
  bytes_ += size_of(batch);
  unresolved_ = std::move(batch);
  unresolved_since_ = now;
  has_answered_ = false;
}

std::vector<completion>
outage::preliminary(time_point now, std::vector<std::uint32_t>& threads) {
  std::vector<completion> out;
  if (unresolved_.empty() || has_answered_
      || now - unresolved_since_ < answer_after)
    return out;
  has_answered_ = true;
  for (const auto& x : unresolved_)
    if (is_refusable(x)) {
      out.push_back(refusal_of(x, outcome::unknown));
      threads.push_back(x.thread);
    }
  return out;
}

std::vector<operation> outage::take_unresolved() {
  bytes_ -= size_of(unresolved_);
  return std::exchange(unresolved_, {});
}

std::vector<completion>
outage::retry_unresolved(std::vector<std::uint32_t>& threads) {
  auto batch = take_unresolved();
  std::vector<completion> out;
  if (has_answered_) {
    auto answered =
        std::stable_partition(batch.begin(), batch.end(),
                              [](const auto& x) { return !is_refusable(x); });
    for (auto i = answered; i != batch.end(); ++i) {
      out.push_back(refusal_of(*i, outcome::not_stored));
      threads.push_back(i->thread);
    }
    batch.erase(answered, batch.end());
  }
  park_first(std::move(batch));
  return out;
}

std::vector<completion> outage::give_up(std::vector<std::uint32_t>& threads) {
  std::vector<completion> out;
  for (const auto& x : unresolved_) {
    out.push_back(refusal_of(x, outcome::unknown));
    threads.push_back(x.thread);
  }
  for (const auto& x : parked_) {
    out.push_back(refusal_of(x, outcome::not_stored));
    threads.push_back(x.thread);
  }
  unresolved_.clear();
  parked_.clear();
  bytes_ = 0;
  return out;
}

std::vector<operation> outage::take_parked(std::size_t most) {
  auto end = parked_.begin()
             + static_cast<std::ptrdiff_t>(std::min(most, parked_.size()));
  std::vector<operation> out{std::make_move_iterator(parked_.begin()),
                             std::make_move_iterator(end)};
  parked_.erase(parked_.begin(), end);
  bytes_ -= size_of(out);
  return out;
}

} // namespace bridgekeeper::store
