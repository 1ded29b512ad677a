"""What the store's file says, read from a copy once its daemon has ended."""

import collections
import json
import pathlib
import shutil
import sqlite3
import uuid
from dataclasses import dataclass

from facts import digest, outcome, task_of
from vocabulary import COMPLETED, event_types, reasons

FILE = "store.db"

# `change_kind` of store/dispatches/life_table.hpp.
_RETRIED, _ADOPTED = 1, 2

# The names of tables and columns are those of store/dispatches/schema.cpp.
_DISPATCHES = """
SELECT d.n, d.id, a.id AS agent, d.session, d.state, d.attempt, d.max_attempts,
  d.reason, d.late, d.created_us, d.sent_us, d.changed_us, t.content
FROM dispatches AS d LEFT JOIN agents AS a ON a.n = d.agent
  LEFT JOIN tasks AS t ON t.n = d.n ORDER BY d.n"""
_EVENTS = """
SELECT e.n, a.id AS agent, e.session, e.own_session, e.dispatch, e.type, e.at_us
FROM events AS e LEFT JOIN agents AS a ON a.n = e.agent ORDER BY e.n"""


def copy_store(directory, to):
    """Copies the file and its WAL; None if the daemon has made no store."""
    directory, to = pathlib.Path(directory), pathlib.Path(to)
    if not (directory / FILE).exists():
        return None
    to.mkdir(parents=True, exist_ok=True)
    for name in (FILE, f"{FILE}-wal"):
        if (directory / name).exists():
            shutil.copy(directory / name, to / name)
    return to / FILE


def id_text(x):
    """Ids are UUIDs as 16 bytes, or any other text."""
    return str(uuid.UUID(bytes=x)) if isinstance(x, bytes) else x


@dataclass
class Event:
    """`dispatch` is an id; `type` is None if this checker does not know it."""
    n: int
    type: str
    agent: str
    sessions: tuple
    dispatch: str
    at_us: int


@dataclass
class Retry:
    """The end of an attempt that another one follows: not before `next_us`."""
    attempt: int
    reason: str
    next_us: int


class Store:
    """Everything in the file, by the ids that clients and bridges know."""

    def __init__(self, path):
        self._file = sqlite3.connect(path)
        self._file.row_factory = sqlite3.Row
        try:
            self.damage = self._damage()
            if not self.damage:
                self._read()
        finally:
            self._file.close()

    def _all(self, query):
        return self._file.execute(query).fetchall()

    def _damage(self):
        try:
            found = [x[0] for x in self._all("PRAGMA integrity_check")]
        except sqlite3.DatabaseError as why:
            return [str(why)]
        return [] if found == ["ok"] else found

    def _read(self):
        self._reasons = reasons()
        self.sessions = {x["n"]: id_text(x["id"])
                         for x in self._all("SELECT * FROM sessions")}
        self.spent = {id_text(x["id"]): x["spent_musd"]
                      for x in self._all("SELECT * FROM sessions")}
        self.days = {x["day"]: x["spent_musd"]
                     for x in self._all("SELECT * FROM days")}
        self.results = {(x["dispatch"], x["attempt"]): dict(x)
                        for x in self._all("SELECT * FROM results")}
        self.retries = self._read_retries()
        # Of which dispatch and attempt, and to which incarnation.
        self.adoptions = {
            (x["dispatch"], x["attempt"], x["incarnation"]) for x in
            self._all(f"SELECT * FROM changes WHERE what = {_ADOPTED}")}
        self.rows = [self._row(x) for x in self._all(_DISPATCHES)]
        self.by_id = {x["id"]: x for x in self.rows}
        self.by_task = collections.defaultdict(list)
        for row in self.rows:
            self.by_task[row["task"]].append(row)
        self.id_of = {x["n"]: x["id"] for x in self.rows}
        self.events = {x["n"]: self._event(x) for x in self._all(_EVENTS)}
        self.keys = {(x["scope"], x["key"]): self.id_of.get(x["dispatch"])
                     for x in self._all("SELECT * FROM idempotency")}

    def _read_retries(self):
        """Of each dispatch, in order."""
        times, types = {}, event_types()
        for x in self._all("SELECT dispatch, type, body FROM events"):
            if types.get(x["type"]) == "task_retrying":
                attempt, at = json.loads(x["body"])["numbers"]
                times[x["dispatch"], int(attempt) - 1] = int(at)
        out = collections.defaultdict(list)
        for x in self._all(f"SELECT * FROM changes WHERE what = {_RETRIED}"
                           " ORDER BY dispatch, k"):
            place = x["dispatch"], x["attempt"]
            out[x["dispatch"]].append(
                Retry(x["attempt"], self._reasons.get(x["reason"]),
                      times.get(place, 0)))
        return out

    def _row(self, x):
        content = x["content"] or ""
        return {**dict(x), "id": id_text(x["id"]), "content": digest(content),
                "task": task_of(content)}

    def _event(self, x, types=event_types()):
        sessions = (self.sessions.get(x["session"]),
                    self.sessions.get(x["own_session"]))
        return Event(x["n"], types.get(x["type"]), x["agent"], sessions,
                     self.id_of.get(x["dispatch"]), x["at_us"])

    def is_ended(self, row):
        return row["state"] >= COMPLETED

    def outcome(self, row):
        """In the form of `facts.outcome`."""
        if not self.is_ended(row):
            return outcome("unfinished")
        result = self.results.get((row["n"], row["attempt"]))
        if result is None or result["late"]:
            result = {"content": None, "error": None}
        if row["state"] == COMPLETED:
            return outcome("completed", content=result["content"])
        return outcome("error", self._reasons.get(row["reason"]),
                       error=result["error"])

    def stream(self, name):
        """The events of a stream, in order: `agent:ID` or `session:ID`."""
        kind, _, id = name.partition(":")
        if kind == "agent":
            return [x for x in self.events.values() if x.agent == id]
        return [x for x in self.events.values() if id in x.sessions]
