#include "store/dispatches/queries.hpp"

#include "protocol/response_details.hpp"
#include "store/dispatches/dispatch_columns.hpp"
#include "store/dispatches/dispatch_index.hpp"
#include "store/dispatches/statement.hpp"
#include "store/dispatches/uuid_bytes.hpp"

#include <boost/algorithm/hex.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <iterator>
#include <string>

namespace bridgekeeper::store {

namespace {

/// The states of a page are merged from one list for each, because the index of
/// states is ordered by number only within a state.
constexpr auto all_states = static_cast<int>(dispatch_state::lost) + 1;

std::string text_of(const uuid_bytes& x) {
  return {x.data(), x.size()};
}

/// What is the same for each kind of page. Parameters: 1 the cursor, 2 the
/// earliest time, 3 the limit.
std::string page_of(const std::string& condition,
                    const std::string& select = dispatch_select(),
                    const std::string& number = "d.n") {
  return select + " WHERE " + condition + " AND " + number
         + " < ?1 AND d.created_us >= ?2 ORDER BY " + number + " DESC LIMIT ?3";
}

struct page_limits {
  std::int64_t before = 0;
  std::int64_t since = 0;
  std::int64_t limit = 0;
};

template <class... Ts>
void collect(std::vector<dispatch_row>& out, statement query,
             const page_limits& limits, const Ts&... more) {
  for (query.start(limits.before, limits.since, limits.limit, more...);
       query.step();)
    out.push_back(read_dispatch(query));
}

/// The index has only what its condition names, and SQLite uses it only if the
/// query repeats the condition.
std::string in_state(int which) {
  return "d.indexed = 1 AND d.state <> 4 AND d.state = " + std::to_string(which)
         + " AND d.n <= ?4";
}

void list_of_agent(SQLite::Database& db, const dispatch_filter& filter,
                   const page_limits& limits, std::vector<dispatch_row>& out) {
  statement find{db, "SELECT n FROM agents WHERE id = ?"};
  if (!find.start(*filter.agent).step())
    return;
  auto agent = find.number(0);
  find.done();
  auto end = indexed_up_to(db);
  auto in = filter.in.bits();
  const std::string allowed = " AND (?6 = 0 OR ?6 >> d.state & 1)";
  collect(out, {db, page_of("d.agent = ?4 AND d.n > ?5" + allowed)}, limits,
          agent, end, in);
  auto rest = limits;
  rest.limit -= static_cast<std::int64_t>(out.size());
  if (rest.limit > 0)
    collect(out,
            {db, page_of("l.agent = ?4 AND l.n <= ?5" + allowed,
                         listed_dispatch_select(), "l.n")},
            rest, agent, end, in);
}

void list_in_states(SQLite::Database& db, const dispatch_filter& filter,
                    const page_limits& limits, std::vector<dispatch_row>& out) {
  auto end = indexed_up_to(db);
  auto others = filter.in.bits();
  if (filter.in.contains(dispatch_state::completed)) {
    // Most dispatches are, so their numbers are found without an index.
    collect(out, {db, page_of("d.state = 4")}, limits);
    others &= ~state_set{dispatch_state::completed}.bits();
  }
  if (others != 0)
    collect(out, {db, page_of("d.n > ?4 AND (?5 >> d.state & 1)")}, limits, end,
            others);
  for (auto which = 0; which < all_states; ++which)
    if ((others >> which & 1) != 0)
      collect(out, {db, page_of(in_state(which))}, limits, end);
  std::sort(out.begin(), out.end(),
            [](const auto& x, const auto& y) { return x.number > y.number; });
}

result_row read_result(statement& query, const dispatch_row& dispatch) {
  auto usage = query.text(2);
  response answer{dispatch.id,
                  dispatch.agent,
                  query.text(1),
                  usage.empty() ? json_object{} : json_object{std::move(usage)},
                  query.is_null(3) ? std::nullopt
                                   : std::optional{query.text(3)},
                  protocol::decode_details(query.text(6))};
  return {static_cast<std::uint16_t>(query.number(0)),
          std::make_shared<const response>(std::move(answer)),
          micro_usd{query.number(4)}, query.number(5) != 0};
}

} // namespace

dispatch_page list_dispatches(SQLite::Database& db,
                              const dispatch_filter& filter) {
  auto limit = std::clamp<std::size_t>(filter.limit, 1, max_page);
  page_limits limits{filter.before ? static_cast<std::int64_t>(*filter.before)
                                   : std::numeric_limits<std::int64_t>::max(),
                     filter.since ? filter.since->time_since_epoch().count()
                                  : std::numeric_limits<std::int64_t>::min(),
                     // One more, to see whether there is another page.
                     static_cast<std::int64_t>(limit) + 1};
  dispatch_page out;
  if (filter.agent)
    list_of_agent(db, filter, limits, out.rows);
  else if (filter.in.empty())
    collect(out.rows, {db, page_of("true")}, limits);
  else
    list_in_states(db, filter, limits, out.rows);
  if (out.rows.size() > limit) {
    out.rows.resize(limit);
    out.next = out.rows.back().number;
  }
  return out;
}

std::optional<dispatch_row> find_dispatch(SQLite::Database& db,
                                          const message_id& id) {
  statement query{db, dispatch_select() + " WHERE d.id = ?"};
  if (!query.start(stored_id{id.str()}).step())
    return std::nullopt;
  return read_dispatch(query);
}

std::optional<dispatch_details> dispatch_history(SQLite::Database& db,
                                                 const message_id& id) {
  auto row = find_dispatch(db, id);
  if (!row)
    return std::nullopt;
  dispatch_details out{*row, {}, results_of(db, *row), {}};
  statement task{db, "SELECT content, context, options FROM tasks WHERE n = ?"};
  if (task.start(row->number).step())
    out.task = {task.text(0), task.text(1), task.text(2)};
  statement changes{db, "SELECT at_us, what, attempt, incarnation, reason"
                        " FROM changes WHERE dispatch = ? ORDER BY k"};
  for (changes.start(row->number); changes.step();)
    out.changes.push_back(
        {changes.time(0), static_cast<change_kind>(changes.number(1)),
         static_cast<std::uint16_t>(changes.number(2)),
         incarnation{static_cast<std::uint64_t>(changes.number(3))},
         reason_of(changes.maybe_number(4))});
  return out;
}

std::vector<result_row> results_of(SQLite::Database& db,
                                   const dispatch_row& x) {
  std::vector<result_row> out;
  statement query{db,
                  "SELECT attempt, content, usage, error, cost_musd, late,"
                  " details FROM results WHERE dispatch = ? ORDER BY attempt"};
  for (query.start(x.number); query.step();)
    out.push_back(read_result(query, x));
  return out;
}

std::optional<key_use> find_key(SQLite::Database& db, const std::string& scope,
                                const std::string& key, timestamp now) {
  statement query{db, "SELECT body_hash, id FROM idempotency"
                      " WHERE scope = ?1 AND key = ?2 AND until_us > ?3"};
  if (!query.start(scope, key, now).step())
    return std::nullopt;
  return key_use{query.text(0), message_id{query.id(1)}};
}

short_id_match find_short_id(SQLite::Database& db, const std::string& text) {
  short_id_match out;
  auto add = [&out](std::string id) {
    out.is_ambiguous = out.id && out.id->str() != id;
    if (out.is_ambiguous)
      out.id.reset();
    else
      out.id = message_id{std::move(id)};
    return !out.is_ambiguous;
  };
  if (auto range = uuids_from(text)) {
    statement query{
        db, "SELECT id FROM dispatches WHERE id BETWEEN ? AND ? LIMIT 2"};
    auto first = text_of(range->first);
    auto last = text_of(range->last);
    for (query.start(blob{first}, blob{last}); query.step();)
      if (!add(query.id(0)))
        return out;
  }
  // Digits of the end, without the hyphens between them.
  auto digits = text;
  std::erase(digits, '-');
  auto is_hex = digits.find_first_not_of("0123456789abcdef") == digits.npos;
  if (digits.empty() || !is_hex)
    return out;
  // Whole bytes are compared first: text would have to be made of each id.
  std::string bytes;
  boost::algorithm::unhex(digits.substr(digits.size() % 2),
                          std::back_inserter(bytes));
  std::transform(digits.begin(), digits.end(), digits.begin(), [](char c) {
    return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  statement query{db, "SELECT id FROM dispatches"
                      " WHERE n > (SELECT max(n) FROM dispatches) - 30000"
                      " AND (?1 = 0 OR substr(id, ?1) = ?2)"
                      " AND substr(hex(id), ?3) = ?4 LIMIT 2"};
  for (query.start(-static_cast<std::int64_t>(bytes.size()), blob{bytes},
                   -static_cast<std::int64_t>(digits.size()), digits);
       query.step();)
    if (!add(query.id(0)))
      return out;
  return out;
}

} // namespace bridgekeeper::store
