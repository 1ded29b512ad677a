"""Somebody who minds their own business while others misbehave."""

import asyncio
import contextlib

from bridge import Bridge
from client import ControlSocket, get
from daemon import SANITIZED
from waiting import Stopwatch, pace

MEBIBYTE = 1024 * 1024

# What handling hostile input may cost; the sanitizer's own memory is not ours.
_GROWTH = 64 * MEBIBYTE * (4 if SANITIZED else 1)

# An agent is undisturbed if it is served within this; a loaded test machine
# takes a good part of it by itself.
_PATIENCE = 10.0 if SANITIZED else 3.0


class _Bystander:
    def __init__(self, bridge, control):
        self._bridge = bridge
        self._control = control
        self.rounds = 0
        self.slowest = 0.0
        self._ending = False

    async def round(self):
        """One dispatch and its response."""
        watch = Stopwatch()
        id = f"round-{self.rounds}"
        await self._control.dispatch(id, self._bridge.agent_id, id)
        answer = await self._control.result(id)
        assert answer["type"] == "response" and answer["content"] == id, answer
        self.slowest = max(self.slowest, watch.seconds)
        self.rounds += 1

    async def go_on(self):
        while not self._ending:
            await self.round()
            await pace(0.005)

    def end(self):
        self._ending = True


@contextlib.asynccontextmanager
async def undisturbed(daemon, growth=_GROWTH):
    """What happens inside must not disturb another agent and its client, must
    leave the daemon alive, and must not cost it much memory at any moment."""
    async with await Bridge.register(daemon, "bystander") as bridge, \
            await ControlSocket.open(daemon) as control:
        bystander = _Bystander(bridge.work(), control)
        await bystander.round()
        before = daemon.memory()
        daemon.forget_peak_memory()
        going_on = asyncio.create_task(bystander.go_on())
        try:
            yield bystander
        finally:
            bystander.end()
            await going_on
        await bystander.round()
        assert bystander.slowest < _PATIENCE, \
            f"a round took {bystander.slowest:.1f} s"
        assert bridge.is_open() and control.is_open()
        assert daemon.is_running(), daemon.log()
        assert (await get(daemon, "/health", token=False)).status == 200
        grown = daemon.memory("VmHWM") - before
        assert grown < growth, f"{grown / MEBIBYTE:.0f} MiB more"
