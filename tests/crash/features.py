"""What the daemon under test can do, and where it can be killed: the one place
to change when it learns more."""

import subprocess

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
    "migration": 1,
}

# Visited before the daemon listens, and only in a new data directory.
START_POINTS = ("migration",)

# Visited before the daemon listens, once for each dispatch that was unfinished
# when its predecessor was killed.
RECOVERY_POINTS = ("recovery",)

# Defects that the checker must detect, and a point that makes each visible, if
# a kill at any moment is not as good. `no_guard` and `settle_first` show in
# responses to attempts that have ended, `no_instance_check` in bridges that are
# restarted.
MUTATIONS = {
    "send_first": "before_commit",
    "answer_first": "before_commit",
    "no_guard": None,
    "settle_first": None,
    "ack_first": "before_commit",
    "no_instance_check": None,
    "resend_first": "adoption",
}


def is_durable(binary):
    """Whether the daemon has a store."""
    text = subprocess.run([binary, "serve", "--help"], check=True,
                          capture_output=True, text=True).stdout
    return "--store-durability" in text


def has_crash_points(binary):
    """Whether the daemon was built with BRIDGEKEEPER_CRASH_POINTS."""
    with open(binary, "rb") as file:
        return b"BRIDGEKEEPER_CRASH_AT" in file.read()
