"""What bridges were sent, and what their results cost: I4 and I9."""

import collections

from facts import digest, dispatch_of


def check_frames(history, store, report):
    """I4: at most one frame per wire id, no more wire ids than attempts, and
    each frame is that of a dispatch on record."""
    attempts = collections.defaultdict(set)
    for wire, frames in history.frames_of().items():
        report.check("I4", len(frames) == 1,
                     f"{wire} was sent {len(frames)} times")
        id, attempt = dispatch_of(wire)
        attempts[id].add(attempt)
        if store is None:
            continue
        row = store.by_id.get(id)
        sent = {(x["agent"], x["content"]) for x in frames}
        report.check("I4", row is not None,
                     f"{wire} was sent, and {id} is not on record")
        if row is not None:
            report.check("I4", sent == {(row["agent"], row["content"])},
                         f"{wire} was sent with another task or to another"
                         " agent than is on record")
    for id, found in attempts.items():
        row = store.by_id.get(id) if store else None
        if row is not None:
            allowed, begun = row["max_attempts"], row["attempt"]
            report.check("I4", len(found) <= allowed and max(found) <= begun,
                         f"{id} was sent as attempts {sorted(found)}; on"
                         f" record: attempt {begun} of {allowed}")


def check_costs(history, store, report):
    """I9: costs are the sum of the results, each counted once, and each is what
    its bridge reported."""
    if store is None:
        _check_told_costs(history, report)
        return
    reported = collections.defaultdict(set)
    for fact in history.of("response"):
        id, attempt = dispatch_of(fact["wire"])
        reported[id, attempt].add((fact["content"], fact["cost_musd"]))
    spent = collections.Counter()
    for (n, attempt), result in store.results.items():
        id = store.id_of.get(n)
        spent[store.sessions.get(store.by_id[id]["session"])] \
            += result["cost_musd"]
        found = (digest(result["content"] or ""), result["cost_musd"])
        report.check("I9", found in reported[id, attempt],
                     f"the result of {id}, attempt {attempt}, with its cost of"
                     f" {result['cost_musd']} is not one that its bridge sent")
    for session in set(spent) | set(store.spent):
        report.check("I9", spent[session] == store.spent.get(session, 0),
                     f"session {session}: {store.spent.get(session, 0)} spent;"
                     f" its results: {spent[session]}")
    total = sum(spent.values())
    report.check("I9", sum(store.days.values()) == total,
                 f"all days: {sum(store.days.values())}; all results: {total}")
    if history.of("costs"):
        told = history.of("costs")[-1]
        kept = store.spent.get(told["session"], 0)
        report.check("I9", told["session_musd"] == kept,
                     f"the daemon says {told['session_musd']} for session"
                     f" {told['session']}; stored: {kept}")


def _check_told_costs(history, report):
    """Without a store: what the daemon says was spent, if it was never killed,
    is the sum of the first responses of what ended with one."""
    if history.of("killed") or not history.of("costs"):
        return
    first = {}
    for fact in history.of("response"):
        first.setdefault(fact["wire"], fact["cost_musd"])
    ended = {x["id"] for x in history.of("seen") if x["via"] == "record"
             and (x["status"] == "completed"
                  or x.get("reason") == "task_failed")}
    total = sum(first[x] for x in ended)
    told = history.of("costs")[-1]["session_musd"]
    report.check("I9", told == total,
                 f"the daemon says {told}; all results: {total}")
