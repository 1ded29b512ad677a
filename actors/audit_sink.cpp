#include "actors/audit_sink.hpp"

#include "protocol/json_writer.hpp"

#include <caf/send.hpp>

#include <utility>

namespace bridgekeeper::actors {

namespace {

using store::audit_entry;

audit_entry entry_of(const failure_quota::summary& x) {
  audit_entry out;
  out.when = wall_clock_now();
  out.event = "auth_failure";
  out.success = false;
  out.ip = x.address;
  protocol::json_writer metadata;
  if (!x.gate.empty())
    metadata.string("gate", x.gate).string("reason", x.reason);
  metadata.number("suppressed", static_cast<std::int64_t>(x.suppressed));
  out.metadata = json_object{metadata.finish()};
  return out;
}

} // namespace

void audit_backlog::lead_to(audit_trail_actor trail) {
  std::lock_guard guard{mutex_};
  lost.fetch_add(waiting.exchange(0));
  is_failing = false;
  trail_ = std::move(trail);
}

void audit_backlog::hand_in(audit_entry_ptr x) {
  // The lock covers counting and sending, so that an entry is counted for the
  // trail that it is sent to.
  std::lock_guard guard{mutex_};
  if (!trail_) {
    lost.fetch_add(1);
    return;
  }
  if (waiting.fetch_add(1) >= limit) {
    waiting.fetch_sub(1);
    dropped.fetch_add(1);
    return;
  }
  caf::anon_send(trail_, note_atom_v, std::move(x));
}

audit_trail_actor audit_backlog::trail() const {
  std::lock_guard guard{mutex_};
  return trail_;
}

void audit_sink::hand_in(audit_entry x) const {
  backlog_->hand_in(std::make_shared<const audit_entry>(std::move(x)));
}

void audit_sink::hand_in(
    const std::vector<failure_quota::summary>& list) const {
  for (const auto& x : list)
    hand_in(entry_of(x));
}

bool audit_sink::admits_refusal(const std::string& ip, std::string_view gate,
                                std::string_view reason, time_point now) const {
  if (!wants(false))
    return false;
  tell_suppressed(now);
  return backlog_->refusals.admit(ip, gate, reason, now);
}

void audit_sink::tell_suppressed(time_point now) const {
  if (backlog_)
    hand_in(backlog_->refusals.collect(now));
}

void audit_sink::tell_all_suppressed() const {
  if (backlog_)
    hand_in(backlog_->refusals.collect_all());
}

} // namespace bridgekeeper::actors
