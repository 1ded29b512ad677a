"""What clients ask for. Dispatches wait for their agent's slot, some of them
are tried again, and each ends within twice the grace."""

from dataclasses import dataclass

# Seconds. A dispatch that nobody works on has ended after twice this.
GRACE = 2.0

# How long a dispatch waits for its slot if it does not say (dispatch.timeout).
QUEUE_TIMEOUT = 1.5

# How long what a bridge has waits for its return. A bridge that speaks protocol
# 1.1 may be silent for longer than the daemon allows.
RESUME_GRACE = 1.5
HEARTBEAT_TIMEOUT = 2.5
HEARTBEAT_INTERVAL = 0.4

# The daemon's settings that go with it. How long an attempt that has ended
# without a response keeps its slot is short, so that queues move on.
SETTINGS = {
    "BRIDGEKEEPER_BRIDGE_STOCK_SLOTS": "1",
    "BRIDGEKEEPER_BRIDGE_STOCK_SLOT_HOLD": "1",
    "BRIDGEKEEPER_BRIDGE_RESUME_GRACE": str(RESUME_GRACE),
    "BRIDGEKEEPER_HEARTBEAT_TIMEOUT": str(HEARTBEAT_TIMEOUT),
    "BRIDGEKEEPER_HEARTBEAT_ADAPTIVE": "false",
    "BRIDGEKEEPER_DISPATCH_TIMEOUT": str(QUEUE_TIMEOUT),
}

_BACKOFF = 0.1
# The longest life of a dispatch with retries; the rest is for the machine.
_LONGEST_LIFE = 2 * GRACE - 0.4


@dataclass
class Task:
    """`options`: the members of the body besides the content."""
    agent: str
    content: str
    options: dict

    @property
    def body(self):
        return {"content": self.content, **self.options}

    @property
    def terms(self):
        """What the checker must know of the options."""
        x = self.options
        return {"max_attempts": x.get("retry", {}).get("max_attempts", 1),
                "is_patient": "queue_timeout_s" in x,
                "queue_timeout": x.get("queue_timeout_s", QUEUE_TIMEOUT),
                "total_timeout": x.get("total_timeout_s")}


def make_options(random):
    out = {"timeout_s": round(random.uniform(1, 2), 3)}
    if random.random() < 0.3:
        out["queue_timeout_s"] = round(random.uniform(0.3, QUEUE_TIMEOUT), 3)
    if random.random() < 0.3:
        _add_retry(out, random)
    if random.random() < 0.3:
        out["priority"] = random.choice(("high", "low"))
    return out


def _add_retry(out, random):
    attempts = random.choice((2, 3))
    out["retry"] = {"max_attempts": attempts, "backoff_s": _BACKOFF,
                    "on": ["lost", "timed_out", "failed"]}
    if random.random() < 0.4:
        out["total_timeout_s"] = round(random.uniform(1, _LONGEST_LIFE), 3)
        return
    # Each attempt may use up its queue timeout and its timeout.
    pauses = _BACKOFF * (2 ** (attempts - 1) - 1)
    share = (_LONGEST_LIFE - pauses) / attempts / 2
    for name in ("timeout_s", "queue_timeout_s"):
        out[name] = round(random.uniform(0.6 * share, share), 3)
