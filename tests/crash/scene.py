"""A small good history, with the file that a daemon would leave: what the tests
of the checker spoil."""

import datetime
import sqlite3
import uuid

from checker import check
from facts import Log, digest, outcome, task_of, wire_id
from stored import FILE, Store
from tasks import GRACE
from vocabulary import COMPLETED, event_types, reasons, schema

AGENT = "agent-01"
PROCESS = "process-1"
SESSION = str(uuid.UUID(int=0x5e55))
START_US = 1_700_000_000_000_000
_FAILED, _TIMED_OUT = 5, 6
_EVENTS = {name: number for number, name in event_types().items()}
_REASONS = {name: number for number, name in reasons().items()}
# What a request asks for unless it says otherwise.
_TERMS = {"max_attempts": 1, "is_patient": True, "queue_timeout": 1.5,
          "total_timeout": None}


def id_of(n):
    """The id of the n-th dispatch."""
    return str(uuid.UUID(int=n))


class Scene:
    """Dispatch 1 is completed, and was asked for twice with one key; dispatch 2
    has failed; dispatch 3 has timed out at its second attempt of two, after a
    first one that failed; dispatch 4 has timed out while it waited; dispatch 5
    was sent to a bridge that speaks protocol 1.1, which lost its link before it
    got the frame, and again after it had finished; a last request was refused.
    A reader follows the agent."""

    def __init__(self, directory):
        self.path = directory / FILE
        self._file = sqlite3.connect(self.path)
        self._file.execute("PRAGMA synchronous = OFF")
        for step in schema():
            self._file.executescript(step)
        self.log = Log()
        self._requests = 0
        self._event = 0
        self.sql("INSERT INTO agents(n, id, first_seen_us, last_seen_us)"
                 " VALUES(1, ?, 0, 0)", AGENT)
        self.sql("INSERT INTO sessions(n, id, opened_us) VALUES(1, ?, 0)",
                 uuid.UUID(SESSION).bytes)
        self.sql("INSERT INTO days VALUES(19675, 0)")
        self.add("opened", reader="r", stream=f"agent:{AGENT}", after=None)
        for n, live in enumerate(self._lives(), 1):
            self._insert(n)
            live(n)
        self.refuse("refused")
        self._come_to_rest()

    # -- what tests do --------------------------------------------------------

    def sql(self, statement, *values):
        self._file.execute(statement, values)
        self._file.commit()

    def add(self, kind, **fields):
        """The next fact, one second after the one before."""
        self.log.add(kind, **{"at": float(len(self.log.facts)), **fields})

    def fact(self, kind, **fields):
        """The first fact of a kind that has these fields; tests change it."""
        return next(x for x in self.log.facts if x["kind"] == kind
                    and all(x[k] == v for k, v in fields.items()))

    def remove(self, kind, **fields):
        self.log.facts.remove(self.fact(kind, **fields))

    def check(self, has_file=True):
        """The report on the history and, unless it has none, its file."""
        self._file.close()
        return check(self.log.facts, Store(self.path) if has_file else None,
                     GRACE)

    def accept(self, n, key=None, **terms):
        """A request that is answered with the n-th dispatch."""
        request = self._ask(f"task-{n}", key, **terms)
        self.add("accepted", request=request, id=id_of(n))

    def refuse(self, task, is_definite=True):
        request = self._ask(task)
        self.add("refused", request=request, status=503, code="draining",
                 is_definite=is_definite)

    def see(self, n, via="record", /, **fields):
        at = float(len(self.log.facts))
        self.add("seen", id=id_of(n), via=via, since=at, **fields)

    def send(self, n, attempt=1, **fields):
        content = self._content(f"task-{n}")
        self.add("frame", agent=AGENT, wire=wire_id(id_of(n), attempt),
                 task=task_of(content), content=digest(content), **fields)
        self.sql("UPDATE dispatches SET sent_us = 1 WHERE n = ?", n)

    def publish(self, kind, n, is_read=True, is_stored=True, body=None,
                **shown):
        """An event of the n-th dispatch; `shown`: the outcome that it is."""
        self._event += 1
        at = START_US + self._event * 1000
        if is_stored:
            self.sql("INSERT INTO events(n, agent, session, dispatch, type,"
                     " at_us, body) VALUES(?, 1, 1, ?, ?, ?, ?)", self._event,
                     n, _EVENTS[kind], at, body)
        if not is_read:
            return
        place = {"run": "run", "n": self._event}
        stamp = datetime.datetime.fromtimestamp(
            at / 1e6, datetime.timezone.utc).isoformat()
        self.add("event", reader="r", type=kind, timestamp=stamp,
                 dispatch=id_of(n), print=f"print {self._event}", **place)
        if shown:
            self.see(n, "stream", **place, **shown)

    def tell_gap(self, reader):
        """Says that events are missing, up to the newest one."""
        self.add("gap", reader=reader, wall_us=START_US + self._event * 1000)

    # -- the history ----------------------------------------------------------

    def _lives(self):
        """What becomes of each dispatch."""
        return (self._complete, self._fail, self._time_out, self._wait,
                self._resume)

    @staticmethod
    def _content(task):
        return f"{task} 1.5 text"

    def _ask(self, task, key=None, **terms):
        self._requests += 1
        self.add("asked", request=self._requests, agent=AGENT, via="http",
                 key=key, task=task, content=digest(self._content(task)),
                 wall_us=START_US, **{**_TERMS, **terms})
        return self._requests

    def _insert(self, n):
        self.sql("INSERT INTO dispatches(n, id, agent, session, state,"
                 " created_us, changed_us) VALUES(?, ?, 1, 1, 1, 0, 0)", n,
                 uuid.UUID(id_of(n)).bytes)
        self.sql("INSERT INTO tasks(n, content) VALUES(?, ?)", n,
                 self._content(f"task-{n}"))

    def _respond(self, n, cost, error=None):
        """Of the first attempt."""
        content = f"result of {n}"
        self.add("response", agent=AGENT, wire=id_of(n),
                 content=digest(content), cost_musd=cost)
        self.sql("INSERT INTO results(dispatch, attempt, content, error,"
                 " cost_musd) VALUES(?, 1, ?, ?, ?)", n, content, error, cost)
        self.sql("UPDATE sessions SET spent_musd = spent_musd + ?", cost)
        self.sql("UPDATE days SET spent_musd = spent_musd + ?", cost)
        return content

    def _end(self, n, state, reason=None):
        self.sql("UPDATE dispatches SET state = ?, reason = ? WHERE n = ?",
                 state, _REASONS.get(reason), n)

    def _complete(self, n):
        self.accept(n, key="key")
        self.sql("INSERT INTO idempotency VALUES('token', 'key', x'00', ?1, 0,"
                 " (SELECT id FROM dispatches WHERE n = ?1))",
                 n)
        self.send(n)
        self.publish("task_dispatched", n)
        self.publish("agent_progress", n)
        content = self._respond(n, 1000)
        self._end(n, COMPLETED)
        shown = outcome("completed", content=content)
        self.publish("agent_response", n, **shown)
        self.see(n, "ws", **shown)
        self.accept(n, key="key")

    def _fail(self, n):
        self.accept(n)
        self.send(n)
        self.publish("task_dispatched", n)
        self._respond(n, 500, "no disk")
        self._end(n, _FAILED, "task_failed")
        self.publish("agent_error", n,
                     **outcome("error", "task_failed", error="no disk"))

    def _time_out(self, n):
        self.sql("UPDATE dispatches SET max_attempts = 2, attempt = 2"
                 " WHERE n = ?", n)
        self.accept(n, max_attempts=2)
        self.send(n)
        self._respond(n, 250, "busy")
        self.sql("INSERT INTO changes VALUES(?, 1, 0, 1, 1, NULL, ?)", n,
                 _REASONS["task_failed"])
        self.send(n, attempt=2)
        # The reader misses these events, and is told so.
        self.publish("task_dispatched", n, is_read=False)
        self.publish("task_retrying", n, is_read=False,
                     body=f'{{"numbers":["2","{START_US + 1_000_000}"]}}')
        self.tell_gap("r")
        self._end(n, _TIMED_OUT, "timeout")
        self.publish("agent_error", n, **outcome("error", "timeout"))

    def _wait(self, n):
        self.sql("UPDATE dispatches SET created_us = ?, changed_us = ?"
                 " WHERE n = ?", START_US, START_US + 1_500_000, n)
        self.accept(n)
        self._end(n, _TIMED_OUT, "timeout")
        self.publish("agent_error", n, **outcome("error", "timeout"))

    def _resume(self, n):
        self.accept(n)
        self.sql("UPDATE dispatches SET instance = ?, incarnation = 2"
                 " WHERE n = ?", PROCESS, n)
        self.sql("INSERT INTO changes VALUES(?, 1, 0, 2, 1, 2, NULL)", n)
        self.publish("task_dispatched", n)
        self.link(2)
        self.send(n, process=PROCESS, incarnation=2, due_s=60)
        wire = id_of(n)
        self.add("executed", agent=AGENT, wire=wire, process=PROCESS)
        content = self._respond(n, 0)
        self.add("finished", agent=AGENT, wire=wire, process=PROCESS,
                 content=digest(content), cost_musd=0, error=None,
                 is_called_off=False)
        self.add("unlinked", agent=AGENT)
        self.link(3)
        self.sql("INSERT INTO changes VALUES(?, 2, 0, 2, 1, 3, NULL)", n)
        self._end(n, COMPLETED)
        self.publish("agent_response", n,
                     **outcome("completed", content=content))
        self.add("acked", agent=AGENT, wire=wire, is_kept=True)

    def link(self, incarnation, process=PROCESS):
        """The bridge is registered, and soon after it lost its link."""
        self.add("linked", agent=AGENT, process=process, wall_us=START_US,
                 incarnation=incarnation, at=self.log.facts[-1]["at"] + 0.1)

    def _come_to_rest(self):
        self.add("calm", wall_us=START_US + 10**9)
        self.add("costs", session=SESSION, session_musd=1750, day=19675,
                 day_musd=1750,
                 at=float(len(self.log.facts)) + 2 * GRACE)
        for n in range(1, len(self._lives()) + 1):
            end = next(x for x in self.log.facts if x["kind"] == "seen"
                       and x["id"] == id_of(n) and x["via"] == "stream")
            self.see(n, **{x: end[x] for x in ("status", "reason", "content",
                                               "error")})
