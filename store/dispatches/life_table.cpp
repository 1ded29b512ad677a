#include "store/dispatches/life_table.hpp"

#include "protocol/response_details.hpp"
#include "store/dispatches/crash_points.hpp"

#include <limits>

namespace bridgekeeper::store {

namespace {

using state = dispatch_state;

/// An update that applies only if parameters 1 to 4 match: the number, the
/// attempt (0: any), the states as bits, and the incarnation (null: any).
std::string guarded(const std::string& update) {
  return "UPDATE dispatches SET " + update
         + " WHERE n = ?1 AND (?2 = 0 OR attempt = ?2) AND (?3 >> state & 1)"
           " AND (?4 IS NULL OR incarnation = ?4)";
}

/// An update applies in these states and to this attempt, unless the build's
/// mutation says otherwise.
std::int64_t states(state_set x) {
  return is_mutated("no_guard") ? std::numeric_limits<std::uint32_t>::max()
                                : x.bits();
}

std::uint16_t only(std::uint16_t attempt) {
  return is_mutated("no_guard") ? 0 : attempt;
}

text_or_null if_any(const std::string& x) {
  return {x};
}

std::optional<stored_id> if_any(const std::optional<message_id>& x) {
  return x ? std::optional{stored_id{x->str()}} : std::nullopt;
}

std::optional<failure_class> failure_of(const outcome_report& x) {
  return x.answer && x.answer->details ? x.answer->details->failure
                                       : std::nullopt;
}

} // namespace

life_table::life_table(SQLite::Database& db, batch_context& batch)
  : batch_(batch), spending_(db), index_(db),
    insert_(db, "INSERT INTO dispatches(n, id, agent, session, state,"
                " max_attempts, incarnation, instance, priority, followup_to,"
                " created_us, sent_us, changed_us, start_by_us, deadline_us,"
                " from_ip, from_token, first_event, last_event) VALUES("
                "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?11, ?13,"
                " ?14, ?15, ?16, ?17, ?18)"),
    insert_task_(db, "INSERT INTO tasks VALUES(?, ?, ?, ?)"),
    find_key_(db, "SELECT body_hash, id FROM idempotency"
                  " WHERE scope = ?1 AND key = ?2 AND until_us > ?3"),
    insert_key_(db, "INSERT OR REPLACE INTO idempotency VALUES(?,?,?,?,?,?)"),
    sent_(db,
          guarded(
              "state = 1, incarnation = ?5,"
              " instance = ?6, sent_us = ?7, changed_us = ?7, deadline_us = ?8,"
              " retry_at_us = NULL, last_event = max(last_event, ?9),"
              " first_event = CASE first_event WHEN 0 THEN ?10 ELSE"
              " first_event END")),
    set_agent_(db, "UPDATE dispatches SET agent = ?2"
                   " WHERE n = ?1 AND agent <> ?2"),
    unsend_(db, guarded("state = 0, incarnation = NULL,"
                        " instance = NULL, sent_us = NULL, deadline_us = NULL,"
                        " changed_us = ?5,"
                        " last_event = max(last_event, ?6)")),
    accepted_(db, guarded("state = 2, accepted_us = ?5,"
                          " changed_us = ?5")),
    running_(db, guarded("state = 3, running_us = ?5,"
                         " changed_us = ?5")),
    await_(db, guarded("awaited_until_us = ?6,"
                       " changed_us = ?5")),
    adopt_(db, guarded("awaited_until_us = NULL,"
                       " incarnation = ?6, instance = ?7, changed_us = ?5")),
    end_(
        db,
        guarded("state = ?6, reason = ?7, detail = ?8,"
                " changed_us = ?5, awaited_until_us = NULL, retry_at_us = NULL,"
                " last_event = max(last_event, ?9), failure = ?10")),
    retry_(
        db,
        guarded("state = 0, attempt = attempt + 1,"
                " incarnation = NULL, instance = NULL, sent_us = NULL,"
                " accepted_us = NULL, running_us = NULL, deadline_us = NULL,"
                " awaited_until_us = NULL, changed_us = ?5, retry_at_us = ?6,"
                " reason = ?7, detail = ?8,"
                " last_event = max(last_event, ?9), failure = ?10")),
    insert_result_(db, "INSERT OR IGNORE INTO results(dispatch, attempt,"
                       " content, usage, error, cost_musd, late, details)"
                       " VALUES(?, ?, ?, ?, ?, ?, ?, ?)"),
    find_(db, "SELECT state, attempt, session FROM dispatches WHERE n = ?"),
    has_result_(db, "SELECT 1 FROM results WHERE dispatch = ? AND attempt = ?"),
    count_late_(db, "UPDATE dispatches SET late = late + 1,"
                    " last_event = max(last_event, ?2) WHERE n = ?1"),
    insert_change_(db, "INSERT INTO changes VALUES(?1, (SELECT"
                       " coalesce(max(k), 0) + 1 FROM changes"
                       " WHERE dispatch = ?1), ?2, ?3, ?4, ?5, ?6)") {}

void life_table::complete() {
  spending_.complete(batch_.now);
  index_.complete();
}

void life_table::roll_back() {
  spending_.roll_back();
  forget();
}

// -- acceptance ---------------------------------------------------------------

std::optional<completion> life_table::known_key(const insert_dispatch& x) {
  if (!x.key || !find_key_.start(x.key->scope, x.key->key, batch_.now).step())
    return std::nullopt;
  auto out = result_of(x.number, find_key_.text(0) == x.key->body_hash
                                     ? outcome::duplicate
                                     : outcome::key_conflict);
  out.existing = message_id{find_key_.id(1)};
  find_key_.done();
  return out;
}

completion life_table::apply(const insert_dispatch& x) {
  if (auto known = known_key(x))
    return *known;
  auto agent =
      x.agent.empty() ? 0 : batch_.agents.of(x.agent.str(), batch_.now);
  auto session = batch_.sessions.of(x.session.str(), batch_.now);
  auto is_sent = x.state == state::sent;
  auto first = x.events.empty() ? 0 : batch_.events.next();
  insert_.run(x.number, stored_id{x.id.str()}, agent, session, x.state,
              x.max_attempts,
              is_sent ? std::optional{to_number(x.link)} : std::nullopt,
              if_any(x.instance), x.priority, if_any(x.followup_to), batch_.now,
              is_sent ? std::optional{batch_.now} : std::nullopt, x.start_by,
              x.deadline, x.from.ip, x.from.token, first, last_of(x.events));
  index_.add(static_cast<std::int64_t>(x.number), agent);
  recent_.remember(x.number, session);
  insert_task_.run(x.number, x.content, if_any(x.context), if_any(x.options));
  if (x.key)
    insert_key_.run(x.key->scope, x.key->key, blob{x.key->body_hash}, x.number,
                    x.key->until, stored_id{x.id.str()});
  append(x.events, x.number, 1);
  return result_of(x.number, outcome::applied);
}

// -- on a link ----------------------------------------------------------------

completion life_table::apply(const mark_sent& x) {
  auto first = x.events.empty() ? 0 : batch_.events.next();
  auto is_sent = sent_.run(x.number, only(x.attempt), states({state::queued}),
                           nullptr, to_number(x.link), if_any(x.instance),
                           batch_.now, x.deadline, last_of(x.events), first);
  if (is_sent == 0)
    return result_of(x.number, outcome::came_late);
  if (x.agent)
    set_agent_.run(x.number, batch_.agents.of(x.agent->str(), batch_.now));
  append(x.events, x.number, x.attempt);
  return result_of(x.number, outcome::applied);
}

completion life_table::apply(const unsend& x) {
  auto count = unsend_.run(x.number, only(x.attempt), states({state::sent}),
                           to_number(x.link), batch_.now, last_of(x.events));
  if (count == 0)
    return result_of(x.number, outcome::came_late);
  append(x.events, x.number, x.attempt);
  return result_of(x.number, outcome::applied);
}

completion life_table::apply(const mark_accepted& x) {
  auto count = accepted_.run(x.number, only(x.attempt), states({state::sent}),
                             nullptr, batch_.now);
  return result_of(x.number, count > 0 ? outcome::applied : outcome::came_late);
}

completion life_table::apply(const mark_running& x) {
  auto count =
      running_.run(x.number, only(x.attempt),
                   states({state::sent, state::accepted}), nullptr, batch_.now);
  return result_of(x.number, count > 0 ? outcome::applied : outcome::came_late);
}

completion life_table::apply(const await_bridge& x) {
  auto count = await_.run(x.number, only(x.attempt), states(on_link),
                          to_number(x.link), batch_.now, x.until);
  return result_of(x.number, count > 0 ? outcome::applied : outcome::came_late);
}

completion life_table::apply(const adopt& x) {
  auto count = adopt_.run(x.number, only(x.attempt), states(on_link), nullptr,
                          batch_.now, to_number(x.link), if_any(x.instance));
  if (count == 0)
    return result_of(x.number, outcome::came_late);
  note(x.number, change_kind::adopted, x.attempt, x.link);
  crash_point("adoption");
  return result_of(x.number, outcome::applied);
}

// -- ends ---------------------------------------------------------------------

completion life_table::apply(const end_dispatch& x) {
  const auto& when = x.when;
  auto count = end_.run(when.number, only(when.attempt), states(when.in),
                        when.link, batch_.now, x.to, x.reason, if_any(x.detail),
                        last_of(x.events), failure_of(x.report));
  if (count == 0)
    return keep_late(when.number, when.attempt, x.report, x.late_events);
  auto row = row_of(when, x.report);
  append(x.events, when.number, row.attempt);
  auto out = result_of(when.number, outcome::applied);
  out.is_settled = keep(x.report, when.number, row, false);
  if (x.to == state::cancelled)
    note(when.number, change_kind::cancelled, row.attempt);
  return out;
}

completion life_table::apply(const retry_dispatch& x) {
  const auto& when = x.when;
  auto count =
      retry_.run(when.number, only(when.attempt), states(when.in), when.link,
                 batch_.now, x.not_before, x.reason, if_any(x.detail),
                 last_of(x.events), failure_of(x.report));
  if (count == 0)
    return keep_late(when.number, when.attempt, x.report, x.late_events);
  auto row = row_of(when, x.report);
  // The row already has the number of the next attempt.
  if (when.attempt == 0)
    row.attempt = static_cast<std::uint16_t>(row.attempt - 1);
  append(x.events, when.number, row.attempt);
  auto out = result_of(when.number, outcome::applied);
  out.is_settled = keep(x.report, when.number, row, false);
  note(when.number, change_kind::retried, row.attempt, when.link, x.reason);
  return out;
}

completion life_table::keep_late(dispatch_number number, std::uint16_t attempt,
                                 const outcome_report& report,
                                 const event_list& events) {
  auto late = result_of(number, outcome::came_late);
  if (!report.answer || !find_.start(number).step())
    return late;
  auto now = static_cast<state>(find_.number(0));
  auto current = static_cast<std::uint16_t>(find_.number(1));
  changed_row row{attempt == 0 ? current : attempt, find_.number(2)};
  find_.done();
  if (is_mutated("settle_first") && report.cost)
    spending_.settle(row.session, *report.cost);
  auto has_result = has_result_.start(number, row.attempt).step();
  has_result_.done();
  if (has_result)
    return result_of(number, outcome::repeated);
  // Results are only kept for attempts that have ended: the current attempt
  // may still get its own.
  if (row.attempt > current || (row.attempt == current && !is_end(now)))
    return late;
  auto out = result_of(number, outcome::kept_late);
  count_late_.run(number, last_of(events));
  append(events, number, row.attempt);
  out.is_settled = keep(report, number, row, true);
  note(number, change_kind::late_result, row.attempt);
  return out;
}

bool life_table::keep(const outcome_report& report, dispatch_number number,
                      const changed_row& row, bool is_late) {
  if (!report.answer)
    return false;
  const auto& x = *report.answer;
  auto cost = report.cost.value_or(micro_usd{});
  auto usage = x.usage == json_object{} ? std::string{} : x.usage.str();
  auto details = protocol::encode_details(x.details);
  if (insert_result_.run(number, row.attempt, x.content, if_any(usage), x.error,
                         cost, is_late, if_any(details))
      == 0)
    return false;
  if (cost > micro_usd{})
    spending_.settle(row.session, cost);
  return report.cost.has_value();
}

// -- parts --------------------------------------------------------------------

life_table::changed_row life_table::row_of(const guard& when,
                                           const outcome_report& report) {
  changed_row out{when.attempt, 0};
  if (when.attempt != 0 && !report.cost)
    return out;
  if (auto session = recent_.find(when.number); session && when.attempt != 0) {
    out.session = *session;
    return out;
  }
  if (!find_.start(when.number).step())
    return out;
  if (when.attempt == 0)
    out.attempt = static_cast<std::uint16_t>(find_.number(1));
  out.session = find_.number(2);
  find_.done();
  return out;
}

void life_table::append(const event_list& events, dispatch_number number,
                        std::uint16_t attempt) {
  for (const auto& x : events)
    batch_.events.append(x, number, attempt, batch_.agents, batch_.sessions);
}

std::int64_t life_table::last_of(const event_list& events) const noexcept {
  return events.empty() ? 0
                        : batch_.events.next()
                              + static_cast<std::int64_t>(events.size()) - 1;
}

void life_table::note(dispatch_number number, change_kind what,
                      std::uint16_t attempt, std::optional<incarnation> link,
                      std::optional<errc> reason) {
  insert_change_.run(number, batch_.now, what, attempt, link, reason);
}

completion life_table::result_of(dispatch_number number, outcome what) const {
  completion out;
  out.number = number;
  out.what = what;
  out.at = batch_.now;
  return out;
}

} // namespace bridgekeeper::store
