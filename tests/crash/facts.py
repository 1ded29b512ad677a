"""What happened in a round, as its clients and bridges saw it: facts, in
memory and as lines of JSON.

Every fact has `at` (monotonic seconds) and `kind`. The kinds:

    start, listening, killed, died   the daemon's lives; `life` counts them
    calm                             no more load and no more kills
    asked, accepted, refused,        a request of a client: `request` is its
    unanswered                       number, `task` names what it asks for; only
                                     repetitions of a request name the same
    cancelling                       a client cancels a dispatch
    seen                             a dispatch as somebody was shown it: `via`
                                     says how, `since` when it was asked for
    absent                           no such dispatch, says the daemon
    frame, unreadable, response      what a bridge received, what it sent;
                                     `is_passed`: as its proxy has seen it
    misread                          a message between a bridge and the daemon
                                     that the test does not understand
    dropped                          a bridge or its proxy ended its link, or
                                     was silent for so long that the daemon may
                                     have ended it
    fault, stalled, flowing          what a proxy does; nothing or little passes
                                     a stalled one
    duplicated                       how many registrations proxies sent twice
    linked, unlinked                 a bridge that speaks protocol 1.1 was
                                     registered; its link has ended
    stopped, continued, restarted    its process; `kept` are the wire ids of
                                     results that outlive it
    executed, finished, acked        what it does with a dispatch; `is_kept`: it
                                     still had the result
    ended                            a bridge that is a program was killed;
                                     `status`: it had already ended by itself
    outlived                         something of its tasks that was running
                                     after that; `note`: what it has logged
    called_off                       it was sent that the dispatch is cancelled
    opened, event, gap, closed       a reader of a stream
    costs                            what the daemon says was spent
"""

import hashlib
import json
import time

# Statuses of a record that has ended.
ENDS = ("completed", "error")


class Log:
    """Facts in the order in which they became known. `earlier`: facts about the
    same data directory from before this round."""

    def __init__(self, path=None, earlier=()):
        self.facts = list(earlier)
        self._earlier = len(earlier)
        self._file = open(path, "w") if path else None

    def add(self, kind, **fields):
        fact = {"at": self.now(), "kind": kind, **fields}
        self.facts.append(fact)
        if self._file:
            self._file.write(json.dumps(fact) + "\n")
        return fact["at"]

    @staticmethod
    def now():
        return time.monotonic()

    def of(self, kind):
        return [x for x in self.facts if x["kind"] == kind]

    def of_this_round(self):
        return self.facts[self._earlier:]

    def close(self):
        if self._file:
            self._file.close()


def digest(text):
    """Texts are compared by their digests, so that logs stay small."""
    if text is None:
        return None
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def task_of(content):
    """The first word of a dispatch's text is the task's name."""
    return content.partition(" ")[0]


def outcome(status, reason=None, content=None, error=None):
    """An outcome in the one form in which all sources are compared. The content
    belongs to a result, the error's text to a failure that a bridge reported;
    other texts are the daemon's own sentences."""
    if status not in ENDS:
        return {"status": "unfinished"}
    if status == "completed":
        return {"status": status, "reason": None, "content": digest(content),
                "error": None}
    error = digest(error) if reason == "task_failed" else None
    return {"status": status, "reason": reason, "content": None,
            "error": error}


def outcome_of_record(record):
    return outcome(record["status"], record.get("reason"),
                   record.get("content"), record.get("error"))


def outcome_of_answer(answer):
    """Of a `response` or an `error` on a control channel."""
    if answer["type"] == "error":
        return outcome("error", answer["code"])
    if answer.get("error") is not None:
        return outcome("error", "task_failed", error=answer["error"])
    return outcome("completed", content=answer["content"])


def outcome_of_event(event):
    """Of an event that ends a dispatch, or that tells the end of one that no
    agent had; None for any other event."""
    about = event["metadata"]
    if event["event_type"] == "agent_response":
        return outcome("completed", content=about["content"])
    if event["event_type"] == "agent_error":
        return outcome("error", about["reason"], error=about["error"])
    if event["event_type"] == "outcome":
        return outcome_of_record(about["record"])
    return None


def dispatch_of(wire_id):
    """The dispatch and the attempt that a wire id names: ID, then ID.2 …"""
    id, dot, attempt = wire_id.partition(".")
    return id, int(attempt) if dot else 1


def wire_id(id, attempt):
    return id if attempt == 1 else f"{id}.{attempt}"
