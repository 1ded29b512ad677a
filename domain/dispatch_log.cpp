#include "domain/dispatch_log.hpp"

#include "domain/prefetch.hpp"

#include <iterator>
#include <utility>

namespace bridgekeeper {

namespace {

/// Events of a dispatch come from one link in order, so they are all about the
/// current attempt.
life_step advance(dispatch_life& life, const event& x) {
  auto attempt = life.attempt();
  // The reported status does not matter: only a response, a timeout, a
  // cancellation or a loss ends a dispatch.
  if (std::holds_alternative<agent_progress>(x.body))
    return life.on_progress(attempt);
  if (std::holds_alternative<agent_response>(x.body))
    return life.on_response(attempt);
  auto problem = std::get_if<agent_error>(&x.body);
  if (problem == nullptr)
    return life_step::none;
  switch (problem->why.code) {
  case errc::timeout:
    return life.on_attempt_timeout(attempt);
  case errc::cancelled:
    return life.on_cancel();
  case errc::task_failed:
  case errc::unreadable_response:
    return life.on_error(attempt);
  default:
    return life.on_lost(life.sent_to(), problem->why.code);
  }
}

} // namespace

const dispatch_record* dispatch_log::note(const event& x) {
  auto id = message_of(x);
  if (id == nullptr || std::holds_alternative<cost_warning>(x.body))
    return nullptr;
  if (std::holds_alternative<task_dispatched>(x.body)) {
    begin(*id, x);
    return nullptr;
  }
  auto pos = records_.find(*id);
  if (pos == records_.end())
    return nullptr;
  auto& found = **pos;
  if (auto late = std::get_if<late_result>(&x.body)) {
    note_late(found, *late);
    return nullptr;
  }
  if (std::holds_alternative<task_retrying>(x.body)) {
    found.life = {};
    found.life.on_sent({});
  }
  auto change = advance(found.life, x);
  found.record.status = to_status(found.life.state());
  if (change != life_step::ended)
    return nullptr;
  finish(found, x);
  return &found.record;
}

void dispatch_log::begin(const message_id& id, const event& x) {
  if (records_.contains(id))
    return;
  auto fresh = std::make_unique<slot>();
  auto& added_slot = *fresh;
  added_slot.life.on_sent({});
  added_slot.record.message = id;
  added_slot.hash = slot_hash{}(id);
  records_.insert(std::move(fresh));
  added_slot.record.agent = x.agent;
  added_slot.record.dispatched_at = x.at;
  auto& tasks = agents_[x.agent];
  added_slot.of_agent = &tasks;
  tasks.unfinished.push_back(added_slot);
  tasks.newest = &added_slot;
}

void dispatch_log::finish(slot& x, const event& why) {
  auto& record = x.record;
  record.finished_at = why.at;
  if (auto answer = std::get_if<agent_response>(&why.body))
    record.result = answer->result;
  else if (auto problem = std::get_if<agent_error>(&why.body)) {
    record.result = problem->result;
    record.why = problem->why;
  }
  auto& tasks = *x.of_agent;
  tasks.unfinished.erase(tasks.unfinished.iterator_to(x));
  tasks.finished.push_back(x);
  x.bytes = footprint(record);
  tasks.finished_bytes += x.bytes;
  rank(tasks);
  ++finished_;
  finished_bytes_ += x.bytes;
  forget_surplus(x);
}

void dispatch_log::note_late(slot& x, const late_result& late) {
  const auto& details = late.result->details;
  if (!details || details->agent_session_id.empty())
    return;
  x.record.late_session = details->agent_session_id;
  // Until it has ended, it is not counted.
  if (!is_finished(x.record.status))
    return;
  auto before = std::exchange(x.bytes, footprint(x.record));
  x.of_agent->finished_bytes += x.bytes - before;
  finished_bytes_ += x.bytes - before;
  rank(*x.of_agent);
}

void dispatch_log::rank(agent_tasks& x) {
  by_count_.update(x, x.finished.size());
  by_bytes_.update(x, x.finished_bytes);
}

void dispatch_log::forget_surplus(const slot& newest) {
  while (finished_ > options_.finished)
    if (!forget_one(by_count_, newest))
      return;
  while (finished_bytes_ > options_.finished_bytes)
    if (!forget_one(by_bytes_, newest))
      return;
}

template <class Size>
bool dispatch_log::forget_one(size_ranking<agent_tasks, Size>& ranking,
                              const slot& newest) {
  auto most = ranking.largest();
  if (&most->finished.front() == &newest) {
    // The newest result is kept for now, even if it later costs its agent older
    // ones.
    if (newest.bytes > options_.finished_bytes / 2)
      return false;
    // Take the newest result's agent out of the ranking for a moment, to find
    // the runner-up.
    ranking.update(*most, 0);
    auto next = ranking.largest();
    rank(*most);
    if (next == nullptr)
      return false;
    most = next;
  }
  forget_first(*most);
  return true;
}

void dispatch_log::forget_first(agent_tasks& of) {
  auto& oldest = of.finished.front();
  // The next one is usually forgotten next, and it is not in the cache.
  if (of.finished.size() > 1)
    prefetch(&*std::next(of.finished.begin()));
  drop(of, oldest);
}

void dispatch_log::drop(agent_tasks& of, slot& x) {
  of.finished.erase(of.finished.iterator_to(x));
  of.finished_bytes -= x.bytes;
  --finished_;
  finished_bytes_ -= x.bytes;
  rank(of);
  if (of.finished.empty() && of.unfinished.empty())
    agents_.erase(x.record.agent);
  else if (of.newest == &x)
    of.newest = find_newest(of);
  records_.erase(records_.find(&x));
}

const dispatch_log::slot* dispatch_log::find_newest(const agent_tasks& of) {
  const slot* out = nullptr;
  for (const auto* among : {&of.finished, &of.unfinished})
    for (const auto& x : *among)
      if (out == nullptr || x.record.dispatched_at >= out->record.dispatched_at)
        out = &x;
  return out;
}

void dispatch_log::forget(const message_id& id) {
  auto pos = records_.find(id);
  if (pos != records_.end() && is_finished((*pos)->record.status))
    drop(*(*pos)->of_agent, **pos);
}

void dispatch_log::forget(const agent_id& id) {
  for (auto pos = agents_.find(id);
       pos != agents_.end() && !pos->second.finished.empty();
       pos = agents_.find(id))
    forget_first(pos->second);
}

const dispatch_record* dispatch_log::find(const message_id& id) const {
  auto pos = records_.find(id);
  return pos != records_.end() ? &(*pos)->record : nullptr;
}

const dispatch_log::agent_tasks*
dispatch_log::tasks_of(const agent_id& id) const {
  auto pos = agents_.find(id);
  return pos != agents_.end() ? &pos->second : nullptr;
}

message_id dispatch_log::newest_of(const agent_id& id) const {
  auto tasks = tasks_of(id);
  return tasks != nullptr ? tasks->newest->record.message : message_id{};
}

const dispatch_record* dispatch_log::task_of(const agent_id& id) const {
  auto tasks = tasks_of(id);
  if (tasks == nullptr)
    return nullptr;
  const auto& newest =
      tasks->unfinished.empty() ? *tasks->newest : tasks->unfinished.back();
  return &newest.record;
}

} // namespace bridgekeeper
