"""The facts of a round, sorted by what the checker asks of them."""

import collections
from dataclasses import dataclass, field


@dataclass
class Reading:
    """One connection of a reader: `items` are its events and gaps in order.
    `after`: the number that it asked to continue after, if any."""
    stream: str
    after: int | None
    items: list = field(default_factory=list)
    is_closed_at: float | None = None


class History:
    def __init__(self, facts, is_durable):
        self._by_kind = collections.defaultdict(list)
        for fact in facts:
            self._by_kind[fact["kind"]].append(fact)
        self.is_durable = is_durable
        self.asked = {x["request"]: x for x in self.of("asked")}
        self.readings = self._readings(facts)

    def of(self, kind):
        return self._by_kind[kind]

    def calm(self):
        """When the newest calm began; None if the round never got that far."""
        return self.of("calm")[-1] if self.of("calm") else None

    def request(self, fact):
        """What was asked in the request that the fact is about."""
        return self.asked[fact["request"]]

    def first_asked(self):
        """The first request for each task."""
        out = {}
        for fact in self.of("asked"):
            out.setdefault(fact["task"], fact)
        return out

    def seen_of(self):
        """What was shown of each dispatch, in order."""
        out = collections.defaultdict(list)
        for fact in self.of("seen"):
            out[fact["id"]].append(fact)
        return out

    def tries_of(self):
        """How each task's requests were answered. A request without a fact
        about its answer is an unanswered one."""
        answers = {x["request"]: x for kind in ("accepted", "refused")
                   for x in self.of(kind)}
        out = collections.defaultdict(list)
        for request, asked in self.asked.items():
            out[asked["task"]].append(
                answers.get(request, {"kind": "unanswered"}))
        return out

    def frames_of(self):
        """The frames of each wire id."""
        out = collections.defaultdict(list)
        for fact in self.of("frame"):
            out[fact["wire"]].append(fact)
        return out

    def place(self, fact):
        """An event's number; without a store, only its run's."""
        return fact["n"] if self.is_durable else (fact["run"], fact["n"])

    def _readings(self, facts):
        out = {}
        for fact in facts:
            if fact["kind"] == "opened":
                out[fact["reader"]] = Reading(fact["stream"], fact["after"])
            elif fact["kind"] in ("event", "gap"):
                out[fact["reader"]].items.append(fact)
            elif fact["kind"] == "closed":
                out[fact["reader"]].is_closed_at = fact["at"]
        return list(out.values())
