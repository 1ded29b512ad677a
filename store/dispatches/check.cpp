#include "store/dispatches/maintenance.hpp"
#include "store/dispatches/statement.hpp"

#include <array>
#include <cstdint>
#include <limits>

namespace bridgekeeper::store {

namespace {

constexpr const char* most_findings = "100";

struct row_rule {
  std::string_view rule;
  /// What a row of the query is.
  const char* row;
  /// Selects the numbers of the rows that break the rule.
  const char* query;
  /// The version of the schema that has brought the columns.
  std::int64_t since = 1;
};

constexpr std::array rules{
    row_rule{"Every dispatch has a known state", "dispatch",
             "SELECT n FROM dispatches WHERE state NOT BETWEEN 0 AND 8"},
    // Until one is chosen, a dispatch has the agent 0.
    row_rule{"Every dispatch belongs to an agent, or to none yet, and to a "
             "session",
             "dispatch",
             "SELECT n FROM dispatches AS d WHERE (agent <> 0 AND"
             " NOT EXISTS (SELECT 1 FROM agents WHERE n = d.agent)) OR"
             " NOT EXISTS (SELECT 1 FROM sessions WHERE n = d.session)"},
    row_rule{"Every unfinished dispatch has its task", "dispatch",
             "SELECT n FROM dispatches AS d WHERE state < 4"
             " AND NOT EXISTS (SELECT 1 FROM tasks WHERE n = d.n)"},
    row_rule{"Every completed dispatch has its result", "dispatch",
             "SELECT n FROM dispatches AS d WHERE state = 4 AND NOT EXISTS"
             " (SELECT 1 FROM results WHERE dispatch = d.n"
             " AND attempt = d.attempt)"},
    row_rule{
        "Every dispatch is found by its agent and its state", "dispatch",
        "SELECT n FROM dispatches AS d WHERE n <= (SELECT value FROM meta"
        " WHERE key = 'dispatches_indexed') AND ((indexed = 0 AND state <> 4)"
        " OR NOT EXISTS (SELECT 1 FROM agent_dispatches"
        " WHERE agent = d.agent AND n = d.n))"
        " UNION ALL SELECT n FROM agent_dispatches AS l WHERE NOT EXISTS"
        " (SELECT 1 FROM dispatches WHERE n = l.n AND agent = l.agent)"
        " OR n > (SELECT value FROM meta WHERE key = 'dispatches_indexed')",
        3},
    row_rule{"Every task belongs to a dispatch", "task",
             "SELECT n FROM tasks AS t WHERE"
             " NOT EXISTS (SELECT 1 FROM dispatches WHERE n = t.n)"},
    row_rule{"Every result belongs to a dispatch", "result of dispatch",
             "SELECT dispatch FROM results AS r WHERE"
             " NOT EXISTS (SELECT 1 FROM dispatches WHERE n = r.dispatch)"},
    row_rule{"The details of every result are JSON", "result of dispatch",
             "SELECT dispatch FROM results WHERE details IS NOT NULL"
             " AND NOT json_valid(details)",
             2},
    row_rule{"Every change belongs to a dispatch", "change of dispatch",
             "SELECT dispatch FROM changes AS c WHERE"
             " NOT EXISTS (SELECT 1 FROM dispatches WHERE n = c.dispatch)"},
    row_rule{"Every event belongs to an agent and follows earlier events",
             "event",
             "SELECT n FROM events AS e WHERE prev_of_agent >= n OR"
             " NOT EXISTS (SELECT 1 FROM agents WHERE n = e.agent)"},
};

std::vector<std::string> broken_rows(SQLite::Database& db, const row_rule& x) {
  std::vector<std::string> out;
  try {
    statement query{db, std::string{x.query} + " LIMIT " + most_findings};
    for (query.start(); query.step();)
      out.push_back(std::string{x.row} + " " + std::to_string(query.number(0)));
  } catch (const SQLite::Exception& problem) {
    out.push_back(std::string{"not checked: "} + problem.what());
  }
  return out;
}

/// If a damaged page hides the version, all rules are tried.
std::int64_t version_in(SQLite::Database& db) {
  try {
    return number_of(db, "PRAGMA user_version");
  } catch (const SQLite::Exception&) {
    return std::numeric_limits<std::int64_t>::max();
  }
}

} // namespace

std::vector<std::string> check_store(const connection_options& file) {
  auto db = open_existing(file);
  std::vector<std::string> out;
  try {
    statement query{*db, std::string{"PRAGMA integrity_check("} + most_findings
                             + ")"};
    for (query.start(); query.step();)
      out.push_back(query.text(0));
  } catch (const SQLite::Exception& problem) {
    // Some damage keeps the check itself from going on.
    out.emplace_back(problem.what());
  }
  if (out.size() == 1 && out[0] == "ok")
    out.clear();
  return out;
}

std::vector<checked_rule> check_rows(const connection_options& file) {
  auto db = open_existing(file);
  auto version = version_in(*db);
  std::vector<checked_rule> out;
  for (const auto& x : rules)
    if (x.since <= version)
      out.push_back({x.rule, broken_rows(*db, x)});
  return out;
}

} // namespace bridgekeeper::store
