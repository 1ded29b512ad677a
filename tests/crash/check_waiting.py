"""What dispatches that wait for their agent were promised: I12."""

import collections

# The store's clock and that of deadlines are read one after the other.
_CLOCKS_US = 20_000
# The daemon may learn so much later that a link has ended.
_NOTICE_US = 1_000_000


def check_waiting(history, store, report):
    """I12: what waits is never lost, neither by a kill nor by a restart, unless
    its agent's link has ended and it did not say how long it may wait. It
    does not time out before it may."""
    if store is None:
        return
    drops = collections.defaultdict(list)
    for fact in history.of("dropped"):
        drops[fact["agent"]].append(fact["wall_us"])
    terms = history.first_asked()
    cancelled = {x["id"] for x in history.of("cancelling")}
    for row in store.rows:
        asked = terms.get(row["task"])
        if asked is None or not store.is_ended(row) or row["sent_us"]:
            continue
        reason = store.outcome(row)["reason"]
        if reason == "agent_lost":
            report.check("I12", not _waits_for_agent(asked, row),
                         f"{row['id']} was lost while it waited (attempt"
                         f" {row['attempt']}), and may wait for its agent")
            is_known = any(
                row["created_us"] - _NOTICE_US < x < row["changed_us"]
                for x in drops[row["agent"]])
            report.check("I12", is_known,
                         f"{row['id']} was lost while it waited, and the link"
                         f" of {row['agent']} had not ended")
        elif reason != "cancelled" or row["id"] not in cancelled:
            report.check("I12", reason == "timeout",
                         f"{row['id']} ended while it waited: {reason}")
            report.check("I12", row["changed_us"] + _CLOCKS_US
                         >= _earliest(asked, row, store),
                         f"{row['id']} timed out before its queue timeout")


def _waits_for_agent(asked, row):
    return asked["is_patient"] or row["attempt"] > 1


def _earliest(asked, row, store):
    """When its queue timeout or its total timeout may end it at the earliest.
    The daemon counts from the acceptance, which was later than the request, or
    from when the next attempt could begin."""
    since = store.retries[row["n"]][-1].next_us if row["attempt"] > 1 \
        else asked["wall_us"]
    out = since + asked["queue_timeout"] * 1e6
    if asked["total_timeout"] is not None:
        out = min(out, asked["wall_us"] + asked["total_timeout"] * 1e6)
    return out


def count_survivors(history):
    """How many dispatches were accepted before a kill and sent for the first
    time after it."""
    kills = [x["at"] for x in history.of("killed")]
    first = {}
    for fact in history.of("frame"):
        first.setdefault(fact["wire"], fact["at"])
    accepted = {x["id"]: x["at"] for x in reversed(history.of("accepted"))}
    return sum(any(at < x < first.get(id, 0) for x in kills)
               for id, at in accepted.items())
