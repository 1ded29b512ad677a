"""What bridges that speak protocol 1.1 were promised: I5, and their part of
I4."""

import bisect
import collections
from dataclasses import dataclass, field

from facts import digest, dispatch_of
from tasks import GRACE, RESUME_GRACE

# Seconds for the machine: before a deadline, and before the grace is over.
_IN_TIME = 0.5


def check_resumed(history, store, report):
    """I4: one process executes a wire id once. A frame is sent again only if it
    is on record that the bridge is back."""
    runs = collections.Counter((x["process"], x["wire"])
                               for x in history.of("executed"))
    for (process, wire), count in runs.items():
        report.check("I4", count == 1,
                     f"{process} has executed {wire} {count} times")
    if store is None:
        return
    began = {(x["process"], x["incarnation"]): x["wall_us"]
             for x in history.of("linked")}
    for fact in history.of("frame"):
        if "process" not in fact:
            continue
        id, attempt = dispatch_of(fact["wire"])
        row = store.by_id.get(id)
        if row is None or row["attempt"] != attempt or not row["sent_us"]:
            continue
        is_again = row["sent_us"] < began[fact["process"],
                                          fact["incarnation"]]
        place = (row["n"], attempt, fact["incarnation"])
        report.check("I4", not is_again or place in store.adoptions,
                     f"{fact['wire']} was sent again on link"
                     f" {fact['incarnation']}, which is not on record")


def check_results(history, store, report):
    """I5: what was acknowledged can be read, as the bridge sent it; and what
    was finished in time has arrived if its bridge came back in time."""
    if store is None:
        return
    results = _results(history)
    _check_acked(history, store, report, results)
    promises = _Promises(history)
    for result in results.values():
        if promises.include(result):
            kept = _kept(store, result.finished["wire"])
            report.check("I5", kept is not None and not kept["late"],
                         f"{result.finished['wire']} was finished in time, and"
                         + (" has no result" if kept is None
                            else " its result is late"))


def _check_acked(history, store, report, results):
    shown = {x["id"]: x for x in history.of("seen")
             if x.get("late") is not None}
    for result in results.values():
        sent = result.finished
        wire = sent["wire"]
        if not result.is_acked:
            report.check("I5", not _must_be_acked(history, result),
                         f"the result of {wire} was never acknowledged")
            continue
        kept = _kept(store, wire)
        report.check("I5", kept is not None,
                     f"the result of {wire} was acknowledged and is not on"
                     " record")
        if kept is None:
            continue
        found = (digest(kept["content"] or ""), digest(kept["error"]),
                 kept["cost_musd"])
        report.check("I5", found == (sent["content"], sent["error"],
                                     sent["cost_musd"]),
                     f"the result of {wire} was acknowledged; another one is on"
                     " record")
        id, attempt = dispatch_of(wire)
        # An outcome is compared with what is on record by I3.
        if (kept["late"] and id in shown
                and shown[id]["since"] > result.until):
            report.check("I5", [attempt, sent["content"], sent["error"]]
                         in shown[id]["late"],
                         f"the late result of {wire} was acknowledged and"
                         " cannot be read")


def _kept(store, wire):
    id, attempt = dispatch_of(wire)
    row = store.by_id.get(id)
    return store.results.get((row["n"], attempt)) if row else None


@dataclass
class _Result:
    """`frame`: the fact that its bridge got the dispatch. `until`: when it was
    acknowledged or forgotten, or when the round ended."""
    finished: dict
    frame: dict
    until: float
    is_acked: bool = False
    is_forgotten: bool = False


def _results(history):
    """By wire id."""
    frames = history.frames_of()
    end = max((x["at"] for kind in ("calm", "costs", "finished", "linked")
               for x in history.of(kind)), default=0.0)
    out = {}
    for fact in history.of("finished"):
        wire = fact["wire"]
        frame = next(x for x in frames[wire]
                     if x.get("process") == fact["process"])
        out[wire] = _Result(fact, frame, end)
    for fact in history.of("acked"):
        result = out.get(fact["wire"])
        if result and not result.is_acked and fact["is_kept"]:
            result.is_acked, result.until = True, fact["at"]
    for fact in history.of("restarted"):
        for result in out.values():
            if (result.finished["agent"] == fact["agent"]
                    and result.finished["at"] < fact["at"] < result.until
                    and result.finished["wire"] not in fact["kept"]):
                result.is_forgotten, result.until = True, fact["at"]
    return out


def _must_be_acked(history, result):
    """There was time enough after calm began and the bridge was back."""
    calm = history.calm()
    if calm is None or result.is_forgotten:
        return False
    finished = result.finished
    back = max((x["at"] for x in history.of("linked")
                if x["agent"] == finished["agent"] and x["at"] < result.until),
               default=0)
    return max(finished["at"], calm["at"], back) + GRACE < result.until


@dataclass
class _Life:
    """Of an agent's bridge: from when to when it had no link or was stopped, or
    its link was stalled."""
    gaps: list = field(default_factory=list)
    stops: list = field(default_factory=list)


def _lives(history):
    out = collections.defaultdict(_Life)
    ends = {"unlinked": ("gaps", "linked"),
            "stopped": ("stops", "continued", "restarted"),
            "stalled": ("stops", "flowing")}
    for begin, (name, *kinds) in ends.items():
        ended = collections.defaultdict(list)
        for kind in kinds:
            for fact in history.of(kind):
                ended[fact["agent"]].append(fact["at"])
        for times in ended.values():
            times.sort()
        for fact in history.of(begin):
            times = ended[fact["agent"]]
            place = bisect.bisect_left(times, fact["at"])
            until = times[place] if place < len(times) else float("inf")
            getattr(out[fact["agent"]], name).append((fact["at"], until))
    return out


class _Promises:
    """Which results must have arrived, because their bridges did their part."""

    def __init__(self, history):
        self._lives = _lives(history)
        self._terms = history.first_asked()
        self._cancelled = {x["id"] for x in history.of("cancelling")}
        self._starts = [x["at"] for x in history.of("listening")]

    def include(self, result):
        frame, done = result.frame, result.finished
        due = frame["at"] + frame["due_s"]
        life = self._lives[frame["agent"]]
        return not (result.is_forgotten or done["is_called_off"]
                    or done["at"] > due - _IN_TIME
                    or dispatch_of(frame["wire"])[0] in self._cancelled
                    or self._may_end_before(result)
                    # It may have read the frame long after it was sent.
                    or any(begin < result.until
                           and frame["at"] < end + _IN_TIME
                           for begin, end in life.stops)
                    or any(self._is_excuse(begin, end, due)
                           for begin, end in life.gaps
                           if begin < result.until and frame["at"] < end))

    def _may_end_before(self, result):
        """Because the time for all attempts is over."""
        terms = self._terms.get(result.frame["task"])
        return terms is None or (
            terms["total_timeout"] is not None
            and terms["at"] + terms["total_timeout"] < result.until + _IN_TIME)

    def _is_excuse(self, begin, end, due):
        """The bridge came back too late, or the daemon may have noticed the end
        of the link after the deadline."""
        # A restarted daemon waits for the whole grace.
        since = max([begin, *(x for x in self._starts if begin < x < end)])
        return (end - since > RESUME_GRACE - _IN_TIME
                or abs(begin - due) < _IN_TIME)
