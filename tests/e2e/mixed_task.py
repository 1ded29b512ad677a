"""A command for bridges whose tasks end in every way that tasks end."""

import random

# Each text is a shell command, and says how its dispatch should end.
KINDS = (
    ("answer", "echo an answer", "completed"),
    ("much", "head -c 300000 /dev/zero | tr '\\0' x; echo", "completed"),
    ("silent", ":", "completed"),
    ("fails", "echo no luck >&2; exit 3", "failed"),
    ("killed", "kill -9 $$", "failed"),
    ("missing", "no-such-program-anywhere", "failed"),
    ("no terminal", "echo secret > /dev/tty", "failed"),
    ("leaves a daemon", "setsid sleep 600 & echo left", "completed"),
    ("leaves a pipe open", "nohup sleep 600 & echo open", "completed"),
    ("closes its output", "exec >&- 2>&-; sleep 0.05", "completed"),
    ("reads nothing", "exec <&-; echo deaf", "completed"),
    ("runs out of time", "timeout 600 sleep 600", "timed_out"),
    ("hides and runs out of time",
     "(setsid sh -c 'sleep 600 & sleep 600' &) ; sleep 600", "timed_out"),
    ("is cancelled", "trap '' TERM; sleep 600 & wait; sleep 600", "cancelled"),
)

# Ends that wait for a limit are rarer, or the test would take minutes.
_WEIGHTS = [1 if end in ("timed_out", "cancelled") else 12
            for _, _, end in KINDS]

COMMAND = "eval \"$(cat)\""


def draw(seed, count):
    """`count` of the kinds above; the same for the same seed."""
    return random.Random(seed).choices(KINDS, _WEIGHTS, k=count)
