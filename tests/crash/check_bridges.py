"""What bridges were sent, and what their results cost: I4 and I9."""

import collections

from facts import digest, dispatch_of, wire_id


def check_frames(history, store, report):
    """I4: at most one frame per wire id, no more wire ids than attempts, one
    attempt after the other, and each frame is that of a dispatch on record."""
    attempts = collections.defaultdict(list)
    for wire, frames in history.frames_of().items():
        report.check("I4", _is_sent_once(frames),
                     f"{wire} was sent {len(frames)} times")
        id, attempt = dispatch_of(wire)
        report.check("I4", wire == wire_id(id, attempt),
                     f"{wire} is not a wire id")
        attempts[id].append(attempt)
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
    allowed = _allowed_attempts(history)
    for id, found in attempts.items():
        report.check("I4", found == sorted(found),
                     f"{id} was sent as attempts {found}, in this order")
        report.check("I4", max(found) <= allowed.get(id, max(found)),
                     f"{id} was sent as attempts {found}; allowed:"
                     f" {allowed.get(id)}")
        row = store.by_id.get(id) if store else None
        if row is not None:
            report.check("I4", max(found) <= row["attempt"],
                         f"{id} was sent as attempts {found}; on record:"
                         f" {row['attempt']}")
    if store is not None:
        _check_attempts(history, store, report)


def _is_sent_once(frames):
    """A frame that a bridge has got is never sent again. One that was seen on
    its way may be lost with its link, and be sent to the same process again."""
    if not frames[0].get("is_passed"):
        return len(frames) == 1
    links = {x["incarnation"] for x in frames}
    return len(links) == len(frames) and len({x["process"] for x in frames}) == 1


def _allowed_attempts(history):
    """What clients have asked for, of each accepted dispatch."""
    return {x["id"]: history.request(x)["max_attempts"]
            for x in history.of("accepted")}


def _check_attempts(history, store, report):
    """Each attempt on record, except the last one, has ended once."""
    terms = history.first_asked()
    for row in store.rows:
        asked = terms.get(row["task"])
        if asked is not None:
            report.check("I4", row["attempt"] <= asked["max_attempts"]
                         == row["max_attempts"],
                         f"{row['id']} is on record as attempt"
                         f" {row['attempt']} of {row['max_attempts']}; asked"
                         f" for: {asked['max_attempts']}")
        retried = [x.attempt for x in store.retries[row["n"]]]
        report.check("I4", retried == list(range(1, row["attempt"])),
                     f"{row['id']} is on record as attempt {row['attempt']}"
                     f" and was retried after {retried}")


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
    late = collections.Counter()
    for (n, attempt), result in store.results.items():
        id = store.id_of.get(n)
        late[id] += result["late"]
        report.check("I9", attempt <= store.by_id[id]["attempt"],
                     f"{id} has a result of attempt {attempt}, which has not"
                     " begun")
        spent[store.sessions.get(store.by_id[id]["session"])] \
            += result["cost_musd"]
        found = (digest(result["content"] or ""), result["cost_musd"])
        report.check("I9", found in reported[id, attempt],
                     f"the result of {id}, attempt {attempt}, with its cost of"
                     f" {result['cost_musd']} is not one that its bridge sent")
    for row in store.rows:
        report.check("I9", late[row["id"]] == row["late"],
                     f"{row['id']} has {late[row['id']]} late results; on"
                     f" record: {row['late']}")
        for retry in store.retries[row["n"]]:
            result = store.results.get((row["n"], retry.attempt))
            kept = result is not None and not result["late"]
            report.check("I9", retry.reason != "task_failed" or kept,
                         f"attempt {retry.attempt} of {row['id']} has failed,"
                         " and its result is not on record")
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
        kept = store.days.get(told["day"], 0)
        report.check("I9", told["day_musd"] == kept,
                     f"the daemon says {told['day_musd']} for the day"
                     f" {told['day']}; stored: {kept}")


def _check_told_costs(history, report):
    """Without a store: what the daemon says was spent, if it was never killed,
    is the sum of the first responses of what ended with one. Which attempts of
    a dispatch with retries have, nobody is told."""
    if history.of("killed") or not history.of("costs"):
        return
    first = {}
    for fact in history.of("response"):
        first.setdefault(fact["wire"], fact["cost_musd"])
    allowed = _allowed_attempts(history)
    ended = {x["id"] for x in history.of("seen") if x["via"] == "record"
             and (x["status"] == "completed"
                  or x.get("reason") == "task_failed")}
    certain = sum(first[x] for x in ended if allowed.get(x, 1) == 1)
    possible = sum(cost for wire, cost in first.items()
                   if allowed.get(dispatch_of(wire)[0], 1) > 1)
    told = history.of("costs")[-1]["session_musd"]
    report.check("I9", certain <= told <= certain + possible,
                 f"the daemon says {told}; all results: {certain} to"
                 f" {certain + possible}")
