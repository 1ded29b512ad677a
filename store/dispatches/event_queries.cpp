#include "protocol/response_details.hpp"
#include "store/dispatches/dispatch_columns.hpp"
#include "store/dispatches/event_body.hpp"
#include "store/dispatches/queries.hpp"
#include "store/dispatches/statement.hpp"

#include <algorithm>
#include <deque>
#include <limits>

namespace bridgekeeper::store {

namespace {

/// Up to this many events are read in their order, and skipped if they are not
/// wanted. Beyond, the chains of the agent are followed instead.
constexpr std::int64_t scan_limit = 20'000;
/// The part of all events that one page of a dispatch's events looks through.
constexpr std::uint64_t window = scan_limit;
/// A chain is followed this far back.
constexpr std::size_t walk_limit = 50'000;

constexpr const char* event_columns =
    "SELECT e.n, e.type, e.at_us, a.id, s.id, o.id, d.id, e.body, e.dispatch"
    " FROM events AS e LEFT JOIN agents AS a ON a.n = e.agent"
    " LEFT JOIN sessions AS s ON s.n = e.session"
    " LEFT JOIN sessions AS o ON o.n = e.own_session"
    " LEFT JOIN dispatches AS d ON d.n = e.dispatch WHERE ";

/// Which events are wanted, by the numbers of rows.
struct wanted_events {
  std::optional<std::int64_t> agent;
  std::optional<std::int64_t> session;
  std::int64_t after = 0;
  std::int64_t up_to = 0;
  std::size_t limit = 0;
};

class event_reader {
public:
  explicit event_reader(SQLite::Database& db)
    : result_(db, "SELECT content, usage, error, details FROM results"
                  " WHERE dispatch = ? AND attempt = ?") {}

  /// Null if the row cannot be read.
  event_ptr read(statement& query) {
    stored_event stored{static_cast<event_type>(query.number(1)), query.text(7),
                        message_id{query.id(6)}, agent_id{query.text(3)}};
    stored.result = result_of(stored, query.number(8));
    auto body = to_body(stored);
    if (!body)
      return nullptr;
    auto out = std::make_shared<event>();
    out->sequence = static_cast<std::uint64_t>(query.number(0));
    out->at = query.time(2);
    out->agent = stored.agent;
    out->session = session(query, 4);
    out->bridge_session = session(query, 5);
    out->body = std::move(*body);
    return out;
  }

private:
  /// Events in a row mostly belong to the same sessions.
  shared_session session(statement& query, int column) {
    if (query.is_null(column))
      return {};
    auto id = session_id{query.id(column)};
    auto& known = column == 4 ? session_ : own_session_;
    if (!known || *known != id)
      known = share(std::move(id));
    return known;
  }

  std::shared_ptr<const response> result_of(const stored_event& x,
                                            std::int64_t dispatch) {
    auto attempt = result_attempt(x.type, x.body);
    if (attempt == 0 || !result_.start(dispatch, attempt).step())
      return nullptr;
    auto usage = result_.text(1);
    response out{x.message,
                 x.agent,
                 result_.text(0),
                 usage.empty() ? json_object{} : json_object{std::move(usage)},
                 result_.is_null(2) ? std::nullopt
                                    : std::optional{result_.text(2)},
                 protocol::decode_details(result_.text(3))};
    result_.done();
    return std::make_shared<const response>(std::move(out));
  }

  statement result_;
  shared_session session_;
  shared_session own_session_;
};

std::int64_t newest_of(SQLite::Database& db) {
  return number_of(db, "SELECT max(n) FROM events");
}

/// Reads all events of the range in their order.
void scan(SQLite::Database& db, const wanted_events& wanted, past_events& out) {
  event_reader reader{db};
  statement query{db, std::string{event_columns}
                          + "e.n > ?1 AND e.n <= ?2"
                            " AND (?3 IS NULL OR e.agent = ?3)"
                            " AND (?4 IS NULL OR e.session = ?4"
                            "  OR e.own_session = ?4)"
                            " ORDER BY e.n LIMIT ?5"};
  for (query.start(wanted.after, wanted.up_to, wanted.agent, wanted.session,
                   wanted.limit + 1);
       query.step();) {
    if (out.events.size() == wanted.limit) {
      out.more = true;
      return;
    }
    if (auto x = reader.read(query))
      out.events.push_back(std::move(x));
  }
}

/// Adds the events of a dispatch after `from` to `out`, up to `out.read_to`.
void scan_dispatch(SQLite::Database& db, const dispatch_row& of,
                   std::uint64_t from, std::size_t max_bytes,
                   past_events& out) {
  event_reader reader{db};
  statement query{db, std::string{event_columns}
                          + "e.n > ?1 AND e.n <= ?2 AND e.dispatch = ?3"
                            " ORDER BY e.n"};
  std::size_t bytes = 0;
  for (query.start(from, out.read_to, of.number); query.step();) {
    auto x = reader.read(query);
    if (!x)
      continue;
    bytes += footprint(*x);
    if (!out.events.empty()
        && (bytes > max_bytes || out.events.size() == max_page)) {
      out.more = true;
      out.read_to = out.events.back()->sequence;
      return;
    }
    out.events.push_back(std::move(x));
  }
}

struct link {
  std::int64_t prev = 0;
  bool is_wanted = false;
};

/// The chains of one agent, from their newest events back.
class chain_walk {
public:
  chain_walk(SQLite::Database& db, const wanted_events& wanted)
    : wanted_(wanted),
      link_(db, "SELECT prev_of_agent, (?2 IS NULL OR session = ?2 OR"
                " own_session = ?2) FROM events WHERE n = ?1"),
      heads_(db, "SELECT last_event, last_progress FROM agents WHERE n = ?1"),
      recent_(db, "SELECT n, type FROM events WHERE agent = ?1 AND n >"
                  " (SELECT value FROM meta WHERE key = 'heads_at')") {}

  /// The oldest wanted events, in their order; one more than the limit if there
  /// are more. Sets `gap` if a chain has ended too early.
  std::vector<std::int64_t> run(bool& gap) {
    chain_heads heads;
    if (heads_.start(*wanted_.agent).step())
      heads = {heads_.number(0), heads_.number(1)};
    heads_.done();
    for (recent_.start(*wanted_.agent); recent_.step();) {
      auto type = static_cast<event_type>(recent_.number(1));
      (is_expendable(type) ? heads.progress : heads.event) = recent_.number(0);
    }
    follow(heads.event, gap);
    // Progress is removed earlier than other events, on purpose.
    auto ignored = false;
    follow(heads.progress, ignored);
    std::sort(found_.begin(), found_.end());
    found_.resize(std::min(found_.size(), wanted_.limit + 1));
    return {found_.begin(), found_.end()};
  }

private:
  void follow(std::int64_t number, bool& gap) {
    std::deque<std::int64_t> mine;
    std::size_t steps = 0;
    while (number > wanted_.after) {
      if (++steps > walk_limit
          || !link_.start(number, wanted_.session).step()) {
        gap = true;
        break;
      }
      if (link_.number(1) != 0 && number <= wanted_.up_to)
        mine.push_back(number);
      number = link_.number(0);
      link_.done();
      if (mine.size() > wanted_.limit + 1)
        mine.pop_front();
    }
    found_.insert(found_.end(), mine.begin(), mine.end());
  }

  const wanted_events& wanted_;
  statement link_;
  statement heads_;
  statement recent_;
  std::vector<std::int64_t> found_;
};

void walk(SQLite::Database& db, const wanted_events& wanted, past_events& out) {
  auto numbers = chain_walk{db, wanted}.run(out.gap);
  out.more = numbers.size() > wanted.limit;
  numbers.resize(std::min(numbers.size(), wanted.limit));
  event_reader reader{db};
  statement query{db, std::string{event_columns} + "e.n = ?1"};
  for (auto number : numbers)
    if (query.start(number).step())
      if (auto x = reader.read(query))
        out.events.push_back(std::move(x));
}

past_events collect(SQLite::Database& db, wanted_events wanted,
                    stream_name which) {
  past_events out;
  out.which = std::move(which);
  auto newest = newest_of(db);
  out.up_to = static_cast<std::uint64_t>(newest);
  wanted.up_to = std::min(wanted.up_to, newest);
  wanted.limit = std::max<std::size_t>(wanted.limit, 1);
  auto is_whole = !wanted.agent && !wanted.session;
  if (is_whole || wanted.up_to - wanted.after <= scan_limit) {
    scan(db, wanted, out);
  } else if (wanted.agent) {
    walk(db, wanted, out);
  } else {
    // A control session's events are nearly all events: no index would help.
    wanted.after = wanted.up_to - scan_limit;
    out.gap = true;
    scan(db, wanted, out);
  }
  auto oldest = number_of(db, "SELECT min(n) FROM events");
  out.gap = out.gap || (wanted.after > 0 && wanted.after + 1 < oldest);
  return out;
}

} // namespace

past_events list_events(SQLite::Database& db, const stream_name& which,
                        std::uint64_t after, std::size_t limit) {
  wanted_events wanted;
  wanted.after = static_cast<std::int64_t>(after);
  wanted.up_to = std::numeric_limits<std::int64_t>::max();
  wanted.limit = limit;
  if (which.kind == stream_name::kind_type::agent) {
    statement find{db, "SELECT n FROM agents WHERE id = ?"};
    // No row has the number 0.
    wanted.agent = find.start(which.id).step() ? find.number(0) : 0;
  } else if (which.kind == stream_name::kind_type::session) {
    statement find{db, "SELECT n, agent FROM sessions WHERE id = ?"};
    auto found = find.start(stored_id{which.id}).step();
    wanted.session = found ? find.number(0) : 0;
    // A bridge's own session is part of its agent's stream.
    if (found)
      wanted.agent = find.maybe_number(1);
  }
  return collect(db, wanted, which);
}

std::optional<past_events> list_events(SQLite::Database& db,
                                       const message_id& id,
                                       std::uint64_t after,
                                       std::size_t max_bytes) {
  auto row = find_dispatch(db, id);
  if (!row)
    return std::nullopt;
  past_events out;
  out.which = stream_name{id};
  out.ended = is_end(row->state);
  out.up_to = static_cast<std::uint64_t>(newest_of(db));
  auto last = out.ended ? row->last_event : out.up_to;
  auto first = std::max<std::uint64_t>(row->first_event, 1);
  auto from = std::max(std::min(after, last), first - 1);
  // Without a last event, there is none.
  auto to = row->last_event == 0 ? last : std::min(last, from + window);
  out.read_to = to;
  out.more = to < last;
  if (row->last_event > 0)
    scan_dispatch(db, *row, from, max_bytes, out);
  auto oldest = number_of(db, "SELECT min(n) FROM events");
  out.gap = from > 0 && from + 1 < static_cast<std::uint64_t>(oldest);
  return out;
}

std::vector<event_ptr> newest_events(SQLite::Database& db, std::size_t limit) {
  auto newest = newest_of(db);
  // Numbers may have holes after a power failure.
  statement first{db, "SELECT min(n) FROM (SELECT n FROM events"
                      " ORDER BY n DESC LIMIT ?)"};
  auto start = first.start(limit).step() ? first.number(0) : 0;
  first.done();
  past_events out;
  wanted_events wanted;
  wanted.after = start - 1;
  wanted.up_to = newest;
  wanted.limit = limit;
  scan(db, wanted, out);
  return std::move(out.events);
}

} // namespace bridgekeeper::store
