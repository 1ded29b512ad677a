#include "store/dispatches/schema.hpp"

#include <array>

namespace bridgekeeper::store {

namespace {

/// Version 1. The numbers of states and event types are those of
/// `dispatch_state` and `event_type`; 4 is `completed`. Ids are UUIDs as 16
/// bytes, or any other text as it is, hence ANY.
constexpr std::string_view version_1 = R"sql(
CREATE TABLE agents(
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT,
  endpoint_url TEXT,
  announced TEXT,
  cordoned INTEGER NOT NULL DEFAULT 0,
  forgotten INTEGER NOT NULL DEFAULT 0,
  first_seen_us INTEGER NOT NULL,
  last_seen_us INTEGER NOT NULL,
  last_event INTEGER NOT NULL DEFAULT 0,
  last_progress INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE sessions(
  n INTEGER PRIMARY KEY,
  id ANY NOT NULL UNIQUE,
  agent INTEGER,
  opened_us INTEGER NOT NULL,
  spent_musd INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE days(
  day INTEGER PRIMARY KEY,
  spent_musd INTEGER NOT NULL
) STRICT;

CREATE TABLE dispatches(
  n INTEGER PRIMARY KEY,
  id ANY NOT NULL UNIQUE,
  agent INTEGER NOT NULL,
  session INTEGER NOT NULL,
  state INTEGER NOT NULL,
  attempt INTEGER NOT NULL DEFAULT 1,
  max_attempts INTEGER NOT NULL DEFAULT 1,
  incarnation INTEGER,
  instance TEXT,
  priority INTEGER NOT NULL DEFAULT 0,
  followup_to ANY,
  created_us INTEGER NOT NULL,
  sent_us INTEGER,
  accepted_us INTEGER,
  running_us INTEGER,
  changed_us INTEGER NOT NULL,
  start_by_us INTEGER,
  deadline_us INTEGER,
  retry_at_us INTEGER,
  awaited_until_us INTEGER,
  reason INTEGER,
  detail TEXT,
  late INTEGER NOT NULL DEFAULT 0,
  from_ip TEXT,
  from_token TEXT,
  first_event INTEGER NOT NULL DEFAULT 0,
  last_event INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX dispatches_of_agent ON dispatches(agent, n);
CREATE INDEX dispatches_in_state ON dispatches(state, n) WHERE state <> 4;

CREATE TABLE tasks(
  n INTEGER PRIMARY KEY,
  content TEXT NOT NULL,
  context TEXT,
  options TEXT
) STRICT;

CREATE TABLE results(
  dispatch INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  content TEXT,
  usage TEXT,
  error TEXT,
  cost_musd INTEGER NOT NULL DEFAULT 0,
  late INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY(dispatch, attempt)
) STRICT, WITHOUT ROWID;

CREATE TABLE changes(
  dispatch INTEGER NOT NULL,
  k INTEGER NOT NULL,
  at_us INTEGER NOT NULL,
  what INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  incarnation INTEGER,
  reason INTEGER,
  PRIMARY KEY(dispatch, k)
) STRICT, WITHOUT ROWID;

CREATE TABLE events(
  n INTEGER PRIMARY KEY,
  agent INTEGER NOT NULL,
  session INTEGER,
  own_session INTEGER,
  dispatch INTEGER,
  type INTEGER NOT NULL,
  at_us INTEGER NOT NULL,
  prev_of_agent INTEGER NOT NULL DEFAULT 0,
  body TEXT
) STRICT;

CREATE TABLE starts(
  epoch INTEGER PRIMARY KEY,
  first_event INTEGER NOT NULL,
  at_us INTEGER NOT NULL,
  version TEXT NOT NULL,
  boot TEXT NOT NULL,
  clean INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE meta(
  key TEXT PRIMARY KEY,
  value ANY
) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES
  ('events_reserved', 1), ('incarnations_reserved', 0),
  ('heads_at', 0), ('dispatch_floor', 0);

CREATE TABLE idempotency(
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  body_hash BLOB NOT NULL,
  dispatch INTEGER NOT NULL,
  until_us INTEGER NOT NULL,
  PRIMARY KEY(scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_until ON idempotency(until_us);

CREATE VIEW dispatch_log AS
SELECT d.n,
  CASE typeof(d.id) WHEN 'blob' THEN
    lower(substr(hex(d.id), 1, 8) || '-' || substr(hex(d.id), 9, 4) || '-'
      || substr(hex(d.id), 13, 4) || '-' || substr(hex(d.id), 17, 4) || '-'
      || substr(hex(d.id), 21)) ELSE d.id END AS id,
  a.id AS agent,
  CASE d.state WHEN 0 THEN 'queued' WHEN 1 THEN 'sent' WHEN 2 THEN 'accepted'
    WHEN 3 THEN 'running' WHEN 4 THEN 'completed' WHEN 5 THEN 'failed'
    WHEN 6 THEN 'timed_out' WHEN 7 THEN 'cancelled' WHEN 8 THEN 'lost'
    END AS state,
  d.attempt,
  strftime('%Y-%m-%dT%H:%M:%SZ', d.created_us / 1000000, 'unixepoch')
    AS created,
  strftime('%Y-%m-%dT%H:%M:%SZ', d.changed_us / 1000000, 'unixepoch')
    AS changed,
  d.detail
FROM dispatches AS d LEFT JOIN agents AS a ON a.n = d.agent;
)sql";

/// Version 2. `details`: what protocol 1.1 adds to a response, as a JSON object
/// with the names of the wire; null if it adds nothing. `failure`: the number
/// of the last failed attempt's `failure_class`, for lists, which do not read
/// results.
constexpr std::string_view version_2 = R"sql(
ALTER TABLE results ADD COLUMN details TEXT;
ALTER TABLE dispatches ADD COLUMN failure INTEGER;
)sql";

/// Version 3. `agent_dispatches` replaces the index of agents. It and the index
/// of states have the dispatches up to the number `dispatches_indexed`: see
/// `dispatch_index`.
constexpr std::string_view version_3 = R"sql(
CREATE TABLE agent_dispatches(
  agent INTEGER NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY(agent, n)
) STRICT, WITHOUT ROWID;
INSERT INTO agent_dispatches SELECT agent, n FROM dispatches ORDER BY agent, n;
INSERT INTO meta VALUES
  ('dispatches_indexed', (SELECT coalesce(max(n), 0) FROM dispatches));
DROP INDEX dispatches_of_agent;

DROP INDEX dispatches_in_state;
ALTER TABLE dispatches ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;
UPDATE dispatches SET indexed = 1 WHERE state <> 4;
CREATE INDEX dispatches_in_state ON dispatches(state, n)
  WHERE indexed = 1 AND state <> 4;

CREATE TRIGGER dispatch_removed AFTER DELETE ON dispatches BEGIN
  DELETE FROM agent_dispatches WHERE agent = old.agent AND n = old.n;
END;
CREATE TRIGGER dispatch_moved AFTER UPDATE OF agent ON dispatches BEGIN
  DELETE FROM agent_dispatches WHERE agent = old.agent AND n = old.n;
  INSERT OR IGNORE INTO agent_dispatches SELECT new.agent, new.n WHERE new.n <=
    (SELECT value FROM meta WHERE key = 'dispatches_indexed');
END;
)sql";

/// Version 4. A key knows the id of its dispatch itself, because it outlives
/// the dispatch if retention removes that first.
constexpr std::string_view version_4 = R"sql(
ALTER TABLE idempotency ADD COLUMN id ANY;
UPDATE idempotency SET id =
  (SELECT d.id FROM dispatches AS d WHERE d.n = idempotency.dispatch);
DELETE FROM idempotency WHERE id IS NULL;
)sql";

constexpr std::array steps{migration{1, version_1}, migration{2, version_2},
                           migration{3, version_3}, migration{4, version_4}};

} // namespace

std::span<const migration> migrations() noexcept {
  return steps;
}

} // namespace bridgekeeper::store
