"""What clients were promised about dispatches: I1, I2, I3, I6, I8, I11."""

import collections

from facts import ENDS

# Events that end a dispatch.
_END_EVENTS = ("agent_response", "agent_error")


def check_acceptances(history, store, report):
    """I1: what was accepted is on record, with that task."""
    if store is None:
        return
    for fact in history.of("accepted"):
        asked = history.request(fact)
        row = store.by_id.get(fact["id"])
        report.check("I1", row is not None,
                     f"{fact['id']} was accepted and is not on record")
        if row is not None:
            kept = (row["agent"], row["content"])
            report.check(
                "I1", kept == (asked["agent"], asked["content"]),
                f"{fact['id']} is on record with another task or agent than"
                f" {asked['task']} for {asked['agent']}")
    accepted = {x["id"]: x["at"] for x in history.of("accepted")}
    for fact in history.of("absent"):
        was_told = accepted.get(fact["id"], fact["since"]) < fact["since"]
        report.check("I1", not was_told,
                     f"{fact['id']} was accepted and cannot be found")


def check_ends(history, store, report):
    """I2: exactly one end, never left."""
    for id, facts in history.seen_of().items():
        first = min((x["at"] for x in facts if x["status"] in ENDS),
                    default=None)
        left = first is not None and any(
            x["status"] not in ENDS and x["since"] > first for x in facts)
        report.check("I2", not left, f"{id} had ended and was unfinished later")
        ends = {history.place(x) for x in facts if x["via"] == "stream"}
        report.check("I2", len(ends) <= 1,
                     f"{id} ended in the events {sorted(ends)}")
    if store is None:
        return
    ends = collections.defaultdict(list)
    for event in store.events.values():
        if event.type in _END_EVENTS:
            ends[event.dispatch].append(event)
    for row in store.rows:
        events = ends[row["id"]]
        wanted = 1 if store.is_ended(row) else 0
        report.check("I2", len(events) == wanted,
                     f"{row['id']} is in state {row['state']} and has"
                     f" {len(events)} events that end it")
        if len(events) == wanted == 1:
            kind = _END_EVENTS[store.outcome(row)["status"] == "error"]
            report.check("I2", events[0].type == kind,
                         f"{row['id']} is in state {row['state']} and ended in"
                         f" an {events[0].type}")


def _shown(fact):
    return {x: fact[x] for x in ("status", "reason", "content", "error")}


def check_outcomes(history, store, report):
    """I3: every outcome that was shown, however and whenever, is the stored
    one. Without a store, all are the same."""
    for id, facts in history.seen_of().items():
        facts = [x for x in facts if x["status"] in ENDS]
        if not facts:
            continue
        if store is None:
            stored = _shown(facts[0])
        else:
            row = store.by_id.get(id)
            stored = store.outcome(row) if row else None
        for fact in facts:
            report.check("I3", _shown(fact) == stored,
                         f"{id}, by {fact['via']}: {_shown(fact)}; stored:"
                         f" {stored}")


def check_repetitions(history, store, report):
    """I6: one key, one dispatch id; and no request is two dispatches."""
    ids = collections.defaultdict(set)
    for fact in history.of("accepted"):
        ids[history.request(fact)["task"]].add(fact["id"])
    for task, found in ids.items():
        report.check("I6", len(found) == 1,
                     f"{task} was accepted as {sorted(found)}")
    if store is None:
        return
    for task in {x["task"] for x in history.of("asked")}:
        rows = store.by_task.get(task, [])
        report.check("I6", len(rows) <= 1,
                     f"{task} is on record as {[x['id'] for x in rows]}")
    for fact in history.of("accepted"):
        key = history.request(fact)["key"]
        kept = {id for (_, x), id in store.keys.items() if x == key}
        if key is not None:
            report.check("I6", kept == {fact["id"]},
                         f"the key {key} was answered with {fact['id']}; kept:"
                         f" {sorted(map(str, kept))}")


def check_leftovers(history, store, report, grace):
    """I8: nothing is unfinished twice the grace after calm."""
    calm = history.calm()
    if calm is None:
        return
    for fact in history.of("seen"):
        if fact["since"] >= calm["at"] + 2 * grace:
            report.check("I8", fact["status"] in ENDS,
                         f"{fact['id']} is still unfinished")
    for row in store.rows if store else ():
        report.check("I8", store.is_ended(row),
                     f"{row['id']} is still in state {row['state']}")


def check_refusals(history, store, report):
    """I11: a task whose requests were all refused for certain is not on record,
    and no bridge got it."""
    frames = {x["task"] for x in history.of("frame")}
    for task, tries in history.tries_of().items():
        if all(x["kind"] == "refused" and x["is_definite"] for x in tries):
            why = tries[0]["code"]
            report.check("I11", task not in frames,
                         f"{task} was refused ({why}) and sent to a bridge")
            if store is not None:
                report.check("I11", task not in store.by_task,
                             f"{task} was refused ({why}) and is on record")
