"""What the daemon under test can do, and where it can be killed: the one place
to change when it learns more."""

import subprocess
from dataclasses import dataclass

# The header Idempotency-Key of dispatches.
IDEMPOTENCY_KEYS = True

# Where the daemon can be killed (store/dispatches/crash_points.hpp), and which
# visit may be the last one: commits are frequent, checkpoints are not.
POINTS = {
    "before_commit": 200,
    "after_commit": 200,
    "after_answer": 100,
    "before_frame": 100,
    "after_frame": 100,
    "after_result": 100,
    "before_retry": 15,
    "adoption": 12,
    "recovery": 20,
    "checkpoint": 2,
    "checkpointed_page": 800,
    "migration": 1,
}

# Visited before the daemon listens, and only in a new data directory.
START_POINTS = ("migration",)

# Visited before the daemon listens, once for each dispatch that was unfinished
# when its predecessor was killed.
RECOVERY_POINTS = ("recovery",)


@dataclass(frozen=True)
class Mutation:
    """A defect that the checker must detect. `shows_in`: the invariants that it
    breaks; at least one of them must be violated, and what else is violated
    does not prove that this defect was detected. `point`: where the daemon is
    killed to make it visible, unless a kill at any moment is as good."""
    shows_in: frozenset
    point: str | None = None


def _shown_in(*invariants, point=None):
    return Mutation(frozenset(invariants), point)


# `no_guard` and `settle_first` show in responses to attempts that have ended,
# `no_instance_check` in bridges that are restarted.
MUTATIONS = {
    "send_first": _shown_in("I4", point="before_commit"),
    # A dispatch that was answered may be missing, have another end, or have
    # none yet; if nobody was answered, its frame is all that was seen of it.
    "answer_first": _shown_in("I1", "I2", "I3", "I4", point="before_commit"),
    "no_guard": _shown_in("I2", "I3"),
    "settle_first": _shown_in("I9"),
    "ack_first": _shown_in("I5", point="before_commit"),
    "no_instance_check": _shown_in("I4"),
    "resend_first": _shown_in("I4", point="adoption"),
}


def is_durable(binary):
    """Whether the daemon has a store."""
    text = subprocess.run([binary, "serve", "--help"], check=True,
                          capture_output=True, text=True).stdout
    return "--store-durability" in text


def has_crash_points(binary):
    """Whether the daemon was built with BRIDGEKEEPER_CRASH_POINTS. Without it,
    no code names a point; the code that reads the environment may still be
    there, but nothing calls it."""
    with open(binary, "rb") as file:
        return b"before_frame" in file.read()
