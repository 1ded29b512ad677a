#include "actors/dispatch_log.hpp"

#include <utility>

namespace bridgekeeper::actors {

using protocol::dispatch_record;
using protocol::dispatch_status;

namespace {

std::size_t footprint(const dispatch_record& x) {
  return sizeof(dispatch_record) + (x.result ? footprint(*x.result) : 0)
         + (x.why ? x.why->detail.size() : 0);
}

} // namespace

void dispatch_log::note(const protocol::event& x) {
  auto id = message_of(x);
  if (id == nullptr || std::holds_alternative<protocol::cost_warning>(x.body))
    return;
  if (std::holds_alternative<protocol::task_dispatched>(x.body)) {
    auto [pos, added] = records_.try_emplace(*id);
    if (!added)
      return;
    pos->second.record.message = *id;
    pos->second.record.agent = x.agent;
    pos->second.record.session = x.session;
    pos->second.record.dispatched_at = x.at;
    auto& tasks = agents_[x.agent];
    pos->second.unfinished =
        tasks.unfinished.insert(tasks.unfinished.end(), *id);
    tasks.newest = *id;
    return;
  }
  auto pos = records_.find(*id);
  if (pos == records_.end() || is_finished(pos->second.record.status))
    return;
  if (std::holds_alternative<protocol::agent_progress>(x.body))
    // Whatever the status says: only a response, a timeout, a cancel or a loss
    // ends a task.
    pos->second.record.status = dispatch_status::running;
  else
    finish(pos->second, x);
}

void dispatch_log::finish(slot& x, const protocol::event& why) {
  auto& record = x.record;
  record.finished_at = why.at;
  if (auto answer = std::get_if<protocol::agent_response>(&why.body)) {
    record.status = dispatch_status::completed;
    record.result = answer->result;
  } else if (auto problem = std::get_if<protocol::agent_error>(&why.body)) {
    record.status = dispatch_status::error;
    record.result = problem->result;
    record.why = problem->why;
  }
  auto& tasks = agents_[record.agent];
  tasks.unfinished.erase(x.unfinished);
  // The newest may be forgotten already, if this one took long.
  if (!records_.contains(tasks.newest))
    tasks.newest = record.message;
  tasks.finished.push_back(record.message);
  finished_.push_back(record.message);
  finished_bytes_ += footprint(record);
  forget_surplus();
}

void dispatch_log::forget_surplus() {
  while (
      finished_.size() > options_.finished
      || (finished_bytes_ > options_.finished_bytes && finished_.size() > 1)) {
    auto pos = records_.find(finished_.front());
    const auto& record = pos->second.record;
    finished_bytes_ -= footprint(record);
    // What ended first of all also ended first of its agent's.
    auto of_agent = agents_.find(record.agent);
    auto& tasks = of_agent->second;
    tasks.finished.pop_front();
    if (tasks.finished.empty() && tasks.unfinished.empty())
      agents_.erase(of_agent);
    else if (tasks.newest == record.message && !tasks.finished.empty())
      tasks.newest = tasks.finished.back();
    records_.erase(pos);
    finished_.pop_front();
  }
}

const dispatch_record*
dispatch_log::find(const protocol::message_id& id) const {
  auto pos = records_.find(id);
  return pos != records_.end() ? &pos->second.record : nullptr;
}

protocol::message_id
dispatch_log::newest_of(const protocol::agent_id& id) const {
  auto pos = agents_.find(id);
  return pos != agents_.end() ? pos->second.newest : protocol::message_id{};
}

const dispatch_record*
dispatch_log::task_of(const protocol::agent_id& id) const {
  auto pos = agents_.find(id);
  if (pos == agents_.end())
    return nullptr;
  const auto& tasks = pos->second;
  return find(tasks.unfinished.empty() ? tasks.newest
                                       : tasks.unfinished.back());
}

} // namespace bridgekeeper::actors
