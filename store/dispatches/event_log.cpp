#include "store/dispatches/event_log.hpp"

#include "store/dispatches/event_body.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace bridgekeeper::store {

namespace {

/// One synchronized commit for as many events.
constexpr std::int64_t block = 10'000;

} // namespace

event_log::event_log(SQLite::Database& db, event_position& position)
  : position_(position),
    insert_(db, "INSERT INTO events VALUES(?,?,?,?,?,?,?,?,?)"),
    reserve_(db, "UPDATE meta SET value = ? WHERE key = 'events_reserved'"),
    save_head_(db, "UPDATE agents SET last_event = ?2, last_progress = ?3 "
                   "WHERE n = ?1"),
    saved_at_(db, "UPDATE meta SET value = ? WHERE key = 'heads_at'") {}

timestamp event_log::begin(timestamp now) {
  before_.next = position_.next;
  before_.reserved = position_.reserved;
  before_.last_time = position_.last_time;
  before_.heads_at = position_.heads_at;
  old_heads_.clear();
  stamps_.clear();
  is_in_batch_ = true;
  now_ = now;
  return next_time();
}

timestamp event_log::next_time() {
  position_.last_time =
      std::max(now_, position_.last_time + std::chrono::microseconds{1});
  return position_.last_time;
}

std::int64_t event_log::append(const std::shared_ptr<event>& x,
                               std::optional<dispatch_number> dispatch,
                               std::uint16_t attempt, numbered& agents,
                               numbered& sessions) {
  auto number = position_.next++;
  auto at = next_time();
  auto agent = agents.of(x->agent.str(), at);
  auto row_of = [&](const shared_session& session) {
    return session ? std::optional{sessions.of(session->str(), at)}
                   : std::nullopt;
  };
  auto type = stored_type(*x);
  auto& heads = position_.heads[agent];
  old_heads_.emplace_back(agent, heads);
  auto& head = is_expendable(type) ? heads.progress : heads.event;
  auto body = stored_body(*x, attempt);
  insert_.run(number, agent, row_of(x->session), row_of(x->bridge_session),
              dispatch, type, at, head, text_or_null{body});
  head = number;
  stamps_.push_back({x, static_cast<std::uint64_t>(number), at});
  return number;
}

void event_log::forget_agent(std::int64_t agent) {
  auto pos = position_.heads.find(agent);
  if (pos == position_.heads.end())
    return;
  old_heads_.emplace_back(*pos);
  position_.heads.erase(pos);
}

void event_log::complete() {
  if (position_.next - 1 - position_.heads_at >= heads_interval)
    save_heads();
  if (position_.has_room_for(0))
    return;
  position_.reserved = position_.next + block;
  reserve_.run(position_.reserved);
}

std::vector<stamp> event_log::take() {
  is_in_batch_ = false;
  old_heads_.clear();
  return std::exchange(stamps_, {});
}

void event_log::roll_back() {
  if (!std::exchange(is_in_batch_, false))
    return;
  position_.next = before_.next;
  position_.reserved = before_.reserved;
  position_.last_time = before_.last_time;
  position_.heads_at = before_.heads_at;
  for (auto i = old_heads_.rbegin(); i != old_heads_.rend(); ++i)
    position_.heads[i->first] = i->second;
  old_heads_.clear();
  stamps_.clear();
}

void event_log::save_heads() {
  for (const auto& [agent, heads] : position_.heads)
    if (std::max(heads.event, heads.progress) > position_.heads_at)
      save_head_.run(agent, heads.event, heads.progress);
  position_.heads_at = position_.next - 1;
  saved_at_.run(position_.heads_at);
}

} // namespace bridgekeeper::store
