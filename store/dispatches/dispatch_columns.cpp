#include "store/dispatches/dispatch_columns.hpp"

namespace bridgekeeper::store {

namespace {

constexpr const char* columns =
    "d.n, d.id, a.id, s.id, d.state, d.attempt, d.max_attempts, d.incarnation,"
    " d.instance, d.priority, d.followup_to, d.created_us, d.sent_us,"
    " d.accepted_us, d.running_us, d.changed_us, d.start_by_us, d.deadline_us,"
    " d.retry_at_us, d.awaited_until_us, d.reason, d.detail, d.late, d.from_ip,"
    " d.from_token, d.first_event, d.last_event, d.failure";

constexpr const char* joins_of_all =
    " LEFT JOIN agents AS a ON a.n = d.agent"
    " LEFT JOIN sessions AS s ON s.n = d.session";

} // namespace

const std::string& dispatch_select() {
  static const auto text = dispatch_select_with("", "");
  return text;
}

std::string dispatch_select_with(const std::string& more,
                                 const std::string& joins) {
  return std::string{"SELECT "} + columns + more + " FROM dispatches AS d"
         + joins_of_all + joins;
}

const std::string& listed_dispatch_select() {
  // SQLite follows the order of a cross join.
  static const auto text = std::string{"SELECT "} + columns
                           + " FROM agent_dispatches AS l"
                             " CROSS JOIN dispatches AS d ON d.n = l.n"
                           + joins_of_all;
  return text;
}

std::optional<errc> reason_of(std::optional<std::int64_t> number) {
  return number ? to_errc(static_cast<std::uint8_t>(*number)) : std::nullopt;
}

dispatch_row read_dispatch(statement& query) {
  auto i = 0;
  dispatch_row x;
  x.number = dispatch_number{query.number(i++)};
  x.id = message_id{query.id(i++)};
  x.agent = agent_id{query.text(i++)};
  x.session = session_id{query.id(i++)};
  x.state = static_cast<dispatch_state>(query.number(i++));
  x.attempt = static_cast<std::uint16_t>(query.number(i++));
  x.max_attempts = static_cast<std::uint16_t>(query.number(i++));
  x.link = incarnation{static_cast<std::uint64_t>(query.number(i++))};
  x.instance = query.text(i++);
  x.priority = static_cast<std::int8_t>(query.number(i++));
  if (auto column = i++; !query.is_null(column))
    x.followup_to = message_id{query.id(column)};
  x.created = query.time(i++);
  x.sent = query.maybe_time(i++);
  x.accepted = query.maybe_time(i++);
  x.running = query.maybe_time(i++);
  x.changed = query.time(i++);
  x.start_by = query.maybe_time(i++);
  x.deadline = query.maybe_time(i++);
  x.retry_at = query.maybe_time(i++);
  x.awaited_until = query.maybe_time(i++);
  x.reason = reason_of(query.maybe_number(i++));
  x.detail = query.text(i++);
  x.late = static_cast<std::uint16_t>(query.number(i++));
  x.from_ip = query.text(i++);
  x.from_token = query.text(i++);
  x.first_event = static_cast<std::uint64_t>(query.number(i++));
  x.last_event = static_cast<std::uint64_t>(query.number(i++));
  if (auto failure = query.maybe_number(i++))
    x.failure = to_failure_class(*failure);
  return x;
}

} // namespace bridgekeeper::store
