"""The store's own vocabulary, read from the sources that define it."""

import pathlib
import re

_ROOT = pathlib.Path(__file__).resolve().parents[2]

# `dispatch_state`: these four are live, all later ones are ends.
QUEUED, SENT, ACCEPTED, RUNNING, COMPLETED, FAILED = range(6)


def _source(path):
    return (_ROOT / path).read_text()


def _numbers(path, name):
    """The enumerators of an enum: their numbers and names."""
    body = re.search(rf"enum class {name} .*?\{{(.*?)\n\}};", _source(path),
                     re.S)[1]
    found = re.findall(r"^  (\w+) = (\d+),$", body, re.M)
    return {int(number): token for token, number in found}


def reasons():
    """The tokens of `errc`, by number."""
    return _numbers("domain/errc.hpp", "errc")


def event_types():
    """The names of events, by their number in the store."""
    return _numbers("store/dispatches/event_body.hpp", "event_type")


def schema():
    """The statements that lead from an empty file to the newest version."""
    return re.findall(r'R"sql\((.*?)\)sql"',
                      _source("store/dispatches/schema.cpp"), re.S)
