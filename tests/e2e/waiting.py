"""Waiting for something to become true, with a deadline: the only place in
these tests where time is let pass."""

import asyncio
import inspect
import time

# What a loaded machine may take for something that takes milliseconds.
DEADLINE = 15.0

_POLL_INTERVAL = 0.01


async def eventually(condition, what, deadline=DEADLINE):
    """Returns the first true value of `condition()`, which may be a coroutine
    function; fails when there is none in time."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if inspect.isawaitable(value):
            value = await value
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline} s: {what}")
        await asyncio.sleep(_POLL_INTERVAL)


async def settled(read, deadline=DEADLINE, still=0.3):
    """The first value of `read()` that stays the same for a while, or the last
    one when there is none in time."""
    end = time.monotonic() + deadline
    value, since = read(), time.monotonic()
    while time.monotonic() < min(since + still, end):
        await asyncio.sleep(_POLL_INTERVAL)
        if (new := read()) != value:
            value, since = new, time.monotonic()
    return value


async def within(awaitable, what, deadline=DEADLINE):
    """Awaits, and fails with a sentence when that takes too long."""
    try:
        return await asyncio.wait_for(awaitable, deadline)
    except asyncio.TimeoutError:
        raise AssertionError(f"not within {deadline} s: {what}") from None


async def pace(seconds):
    """For clients that do something at a rhythm."""
    await asyncio.sleep(seconds)


class Stopwatch:
    """How long something took, for bounds that are part of a promise."""

    def __init__(self):
        self._start = time.monotonic()

    @property
    def seconds(self):
        return time.monotonic() - self._start
