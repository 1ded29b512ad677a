"""Checks the invariants of durable dispatches over the facts of a round and the
store's file. Without a file, checks what does not need one."""

from check_bridges import check_costs, check_frames
from check_dispatches import (check_acceptances, check_ends, check_leftovers,
                              check_outcomes, check_refusals,
                              check_repetitions)
from check_events import check_events
from check_programs import check_programs
from check_results import check_results, check_resumed
from check_waiting import check_waiting
from history import History
from report import Report


def check(facts, store, grace):
    """`store`: a `Store`, or None. `grace`: seconds after which a dispatch that
    nobody works on must have ended."""
    report = Report()
    if store is not None:
        report.check("I10", not store.damage, f"damage: {store.damage[:3]}")
        if store.damage:
            return report
    history = History(facts, store is not None)
    check_acceptances(history, store, report)
    check_ends(history, store, report)
    check_outcomes(history, store, report)
    check_frames(history, store, report)
    check_resumed(history, store, report)
    check_programs(history, report)
    check_results(history, store, report)
    check_repetitions(history, store, report)
    check_events(history, store, report)
    check_leftovers(history, store, report, grace)
    check_costs(history, store, report)
    check_refusals(history, store, report)
    check_waiting(history, store, report)
    return report
