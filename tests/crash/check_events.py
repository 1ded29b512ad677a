"""What readers of streams were promised: I7."""

import bisect
import datetime

# Events whose rows name their dispatch.
_OF_DISPATCHES = ("task_dispatched", "agent_progress", "agent_response",
                  "agent_error")


def microseconds(timestamp):
    """Since 1970, of a timestamp as events have it."""
    at = datetime.datetime.fromisoformat(timestamp)
    since = at - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return since // datetime.timedelta(microseconds=1)


def check_events(history, store, report):
    """I7: event numbers rise, none is used twice, and none is missing except
    behind a gap."""
    _check_order(history, report)
    _check_uses(history, store, report)
    if store is not None:
        _check_stored_order(store, report)
        _check_completeness(history, store, report)


def _check_order(history, report):
    for reading in history.readings:
        last = reading.after
        for item in reading.items:
            if item["kind"] == "gap":
                # Without a store, another run may begin here.
                last = last if history.is_durable else None
                continue
            report.check("I7", last is None or item["n"] > last,
                         f"{reading.stream}: event {item['n']} came after"
                         f" {last}")
            last = item["n"]


def _check_uses(history, store, report):
    """All readers of a number, before and after a crash, read the same event,
    and that event is on record."""
    uses = {}
    for fact in history.of("event"):
        place = history.place(fact)
        event = (fact["type"], fact["timestamp"], fact["dispatch"],
                 fact["print"])
        first = uses.setdefault(place, event)
        report.check("I7", event == first,
                     f"event {place} is {event} and was {first}")
    for place, (kind, timestamp, dispatch, _) in uses.items() if store else ():
        kept = store.events.get(place)
        report.check("I7", kept is not None,
                     f"event {place} was published and is not on record")
        if kept is not None:
            same = (kept.type in (kind, None)
                    and (kept.dispatch == dispatch
                         or kind not in _OF_DISPATCHES)
                    and kept.at_us == microseconds(timestamp))
            report.check("I7", same,
                         f"event {place} was published as {kind} of"
                         f" {dispatch} at {timestamp}; on record: {kept}")


def _check_stored_order(store, report):
    last = None
    for event in store.events.values():
        report.check("I7", last is None or event.at_us > last,
                     f"event {event.n} is not later than the one before it")
        last = event.at_us


def _check_completeness(history, store, report):
    streams = {}
    calm = history.calm()
    for reading in history.readings:
        if reading.stream not in streams:
            streams[reading.stream] = store.stream(reading.stream)
        stored = streams[reading.stream]
        last, excused = reading.after, 0
        for item in reading.items:
            if item["kind"] == "gap":
                # Says that events are missing here or among those that waited.
                excused = item["wall_us"]
                continue
            if last is not None:
                missing = _between(stored, last, item["n"], excused)
                report.check("I7", not missing,
                             f"{reading.stream}: between {last} and"
                             f" {item['n']}, without a gap, {missing[:5]} are"
                             " missing")
            last = item["n"]
        if calm and last is not None and _is_open_at(reading, calm["at"]):
            until = max((x.n for x in stored if x.at_us < calm["wall_us"]),
                        default=0)
            missing = _between(stored, last, until + 1, excused)
            report.check("I7", not missing,
                         f"{reading.stream}: after {last}, {missing[:5]} never"
                         " came")


def _is_open_at(reading, at):
    return reading.is_closed_at is None or reading.is_closed_at > at


def _between(stored, first, last, excused):
    """The numbers after `first` and before `last`, of events that are later
    than `excused`."""
    start = bisect.bisect_right(stored, first, key=lambda x: x.n)
    end = bisect.bisect_left(stored, last, key=lambda x: x.n)
    return [x.n for x in stored[start:end] if x.at_us > excused]
