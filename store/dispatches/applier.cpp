#include "store/dispatches/applier.hpp"

#include "store/dispatches/erase.hpp"

#include <tuple>

namespace bridgekeeper::store {

namespace {

constexpr std::int64_t incarnations_a_time = 1'000;

} // namespace

applier::applier(SQLite::Database& db, event_position& position)
  : db_(db), events_(db, position), agents_(db, numbered::kind_type::agents),
    sessions_(db, numbered::kind_type::sessions), batch_{events_, agents_,
                                                         sessions_},
    life_(db, batch_),
    upsert_agent_(
        db, "INSERT INTO agents(id, name, endpoint_url, announced, cordoned,"
            " first_seen_us, last_seen_us)"
            " VALUES(?1, ?2, ?3, ?4, coalesce(?5, 0), ?6, ?6)"
            " ON CONFLICT(id) DO UPDATE SET name = coalesce(?2, name),"
            " endpoint_url = coalesce(?3, endpoint_url),"
            " announced = coalesce(?4, announced),"
            " cordoned = coalesce(?5, cordoned AND NOT forgotten),"
            " forgotten = 0,"
            " last_seen_us = max(last_seen_us, ?6)"),
    forget_agent_(db, "UPDATE agents SET forgotten = 1 WHERE id = ?"),
    upsert_session_(db, "INSERT INTO sessions(id, agent, opened_us, spent_musd)"
                        " VALUES(?1, ?2, ?3, coalesce(?4, 0)) ON CONFLICT(id)"
                        " DO UPDATE SET agent = coalesce(?2, agent),"
                        " opened_us = ?3,"
                        " spent_musd = coalesce(?4, spent_musd)"),
    reserve_(db, "UPDATE meta SET value = value + ?1"
                 " WHERE key = 'incarnations_reserved' RETURNING value"),
    mark_(db, "INSERT OR REPLACE INTO meta VALUES('marked_us', ?)"),
    find_mark_(db, "SELECT 1 FROM meta WHERE key = 'marked_us' AND value = ?"),
    find_event_(db, "SELECT 1 FROM events WHERE n = ? AND at_us = ?"),
    find_dispatch_(db,
                   "SELECT 1 FROM dispatches WHERE n = ? AND changed_us = ?") {}

void applier::begin(timestamp now) {
  batch_.now = events_.begin(now);
  seen_.reset();
  needs_mark_ = false;
}

completion applier::apply(const operation& x) {
  auto out =
      std::visit([this](const auto& body) { return apply_body(body); }, x.body);
  out.token = x.token;
  out.at = batch_.now;
  return out;
}

void applier::remember(const witness& x) {
  if (!seen_)
    seen_ = x;
}

bool applier::finds(const witness& x) {
  auto look = [&x](statement& query, const auto&... keys) {
    auto out = query.start(keys..., x.at).step();
    query.done();
    return out;
  };
  switch (x.kind) {
  case witness::kind_type::dispatch:
    return look(find_dispatch_, x.number);
  case witness::kind_type::event:
    return look(find_event_, x.number);
  case witness::kind_type::mark:
    break;
  }
  return look(find_mark_);
}

void applier::complete() {
  life_.complete();
  events_.complete();
  if (!needs_mark_)
    return;
  mark_.run(batch_.now);
  seen_ = witness{witness::kind_type::mark, 0, batch_.now};
}

void applier::roll_back() {
  life_.roll_back();
  events_.roll_back();
  agents_.forget();
  sessions_.forget();
}

// -- what is not part of a dispatch's life ------------------------------------

completion applier::apply_body(const record_events& x) {
  for (const auto& event : x.events) {
    auto number =
        events_.append(event, x.number, x.attempt, agents_, sessions_);
    remember({witness::kind_type::event, number, events_.last_time()});
  }
  return {};
}

completion applier::apply_body(const upsert_agent& x) {
  upsert_agent_.run(x.id, x.name, x.endpoint_url, x.announced, x.cordoned,
                    x.seen);
  return {};
}

completion applier::apply_body(const forget_agent& x) {
  completion out;
  if (forget_agent_.run(x.id) == 0)
    out.what = outcome::came_late;
  return out;
}

completion applier::apply_body(const upsert_session& x) {
  auto agent = x.agent ? std::optional{agents_.of(x.agent->str(), batch_.now)}
                       : std::nullopt;
  upsert_session_.run(stored_id{x.id.str()}, agent, x.opened, x.spent);
  return {};
}

completion applier::apply_body(const reserve_incarnations&) {
  completion out;
  if (reserve_.start(incarnations_a_time).step()) {
    auto end = static_cast<std::uint64_t>(reserve_.number(0));
    out.first_reserved = incarnation{end - incarnations_a_time + 1};
    std::ignore = reserve_.step();
  }
  return out;
}

/// The rows by which the batch would be recognized may be among the erased.
void applier::note_erasure(outcome x) {
  needs_mark_ = needs_mark_ || x == outcome::applied;
}

completion applier::apply_body(const erase_dispatch& x) {
  completion out;
  out.number = x.number;
  out.what = erase(db_, x.number);
  note_erasure(out.what);
  return out;
}

completion applier::apply_body(const erase_agent& x) {
  completion out;
  statement find{db_, "SELECT n FROM agents WHERE id = ?"};
  auto row = find.start(x.id).step() ? find.number(0) : 0;
  find.done();
  out.what = erase(db_, x.id);
  note_erasure(out.what);
  if (out.what == outcome::applied)
    events_.forget_agent(row);
  life_.forget();
  agents_.forget();
  sessions_.forget();
  return out;
}

} // namespace bridgekeeper::store
