"""Bridges that are silent for a while, because they or their links are
stopped."""

import asyncio
import time

from tasks import HEARTBEAT_TIMEOUT

# How long at most, in seconds: longer than the daemon allows.
LONGEST_STOP = 3.7
_TICK = 0.2


async def keep_silent(world, agent_id, seconds):
    """Waits, but not beyond the end of the load. The daemon may close a silent
    link, and the bridge cannot know when."""
    began = time.monotonic()
    while time.monotonic() - began < seconds and world.is_loading:
        await asyncio.sleep(_TICK)
        if time.monotonic() - began > HEARTBEAT_TIMEOUT / 2:
            note_drop(world, agent_id)


def note_drop(world, agent_id):
    """The agent's link ends, or may end, and not because of the daemon."""
    world.log.add("dropped", agent=agent_id, wall_us=time.time_ns() // 1000)
