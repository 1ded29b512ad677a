"""When and where a daemon is killed."""

import asyncio
import signal
import time
from dataclasses import dataclass

import features

# Seconds under load: until a kill at a random moment, and at most until a point
# must have been reached.
_FROM, _TO = 0.3, 1.8
_POINT_DEADLINE = 3.0


@dataclass
class Kill:
    """A point (`NAME:VISIT`), or seconds under load, or both: there, the kill
    happens after that time if the point has not been reached."""
    seconds: float
    point: str | None = None

    def __str__(self):
        return self.point or f"{self.seconds:.2f}s"

    @property
    def environment(self):
        return {"BRIDGEKEEPER_CRASH_AT": self.point} if self.point else {}


def choose_kills(random, has_points, is_new, only=None, due=None,
                 is_hasty=False):
    """One to three kills. `is_new`: the first start makes the store. `only`:
    the point of all kills. `due`: the point of one of them, if possible.
    `is_hasty`: more kills, sooner."""
    count = 8 if is_hasty else random.randint(1, 3)
    if only in features.RECOVERY_POINTS:
        count += 1
    turn = 1 if due in features.RECOVERY_POINTS else 0
    if due is not None and only is None:
        count = max(count, turn + 1)
    out = []
    for number in range(count):
        at_any_moment = random.random() < 0.3
        points = _points(is_first=number == 0)
        name = None if at_any_moment else random.choice(points)
        if only is not None:
            name = only if only in points + list(features.START_POINTS) \
                else None
        if only is None and number == 0 and is_new and random.random() < 0.15:
            name = features.START_POINTS[0]
        if only is None and number == turn and due is not None \
                and (is_new or due not in features.START_POINTS):
            name = due
        if name is None or not has_points:
            out.append(Kill(random.uniform(_FROM, _TO)))
            continue
        last = features.POINTS[name]
        visit = random.randint(1, max(1, last // 4) if is_hasty else last)
        out.append(Kill(_POINT_DEADLINE, f"{name}:{visit}"))
    return out


def due_point(seed):
    """Rounds with successive seeds take turns, so that no point is left to
    chance. Those with a seed of 3N + 1 always have a new data directory."""
    if seed % 9 == 1:
        return features.START_POINTS[0]
    points = [x for x in features.POINTS if x not in features.START_POINTS]
    # Counted without the seeds above, which would hide a point's turn.
    turn = seed - (seed + 8) // 9
    return points[turn % len(points)]


def _points(is_first):
    """The points that a kill may name. Before the first kill of a round,
    nothing has been left unfinished."""
    return [x for x in features.POINTS if x not in features.START_POINTS
            and not (is_first and x in features.RECOVERY_POINTS)]


async def carry_out(kill, daemon):
    """Waits and kills. Returns whether the daemon was at the kill's point, and
    its exit status."""
    process = daemon.process
    end = time.monotonic() + kill.seconds
    while process.poll() is None and time.monotonic() < end:
        await asyncio.sleep(0.005)
    at_point = process.poll() is not None
    if not at_point:
        process.kill()
        await asyncio.to_thread(process.wait)
    return at_point, process.returncode


def was_killed(status):
    return status == -signal.SIGKILL
