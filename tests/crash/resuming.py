"""Bridges that speak protocol 1.1 (contract section 1). Each has a process that
is killed and restarted, stops for a while, and loses its link in mid-task; what
it has outlives its links, and with a state directory its results outlive the
process."""

import asyncio
import time

from bridges import LINK_ERRORS
from ending import end_tasks
from resumed_process import Process
from silence import LONGEST_STOP, keep_silent
from tasks import HEARTBEAT_INTERVAL

# Seconds between two mishaps.
_CALM = 1.2


class Restart(Exception):
    """The process was killed."""


class ResumingBridge:
    """Serves one agent until it is cancelled."""

    def __init__(self, world, agent_id):
        self._world = world
        self._log = world.log
        self._agent_id = agent_id
        self._random = world.random(agent_id)
        self._has_state_dir = self._random.random() < 0.6

    async def run(self):
        kept, number = {}, 0
        while True:
            self._log.add("restarted", agent=self._agent_id, kept=list(kept))
            number += 1
            process = Process(self._world, self._agent_id, self._random,
                              f"{self._world.label}-{self._agent_id}-{number}",
                              kept)
            try:
                await self._live(process)
            finally:
                process.end()
            kept = process.kept if self._has_state_dir else {}
            await asyncio.sleep(self._random.uniform(0.01, 0.3))

    async def _live(self, process):
        """Until the process is killed."""
        parts = [asyncio.create_task(x) for x in
                 (self._keep_connected(process), self._have_mishaps(process),
                  process.killed.wait())]
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end_tasks(parts, (Restart,))

    async def _keep_connected(self, process):
        while True:
            daemon = await self._world.route(self._agent_id)
            beating = None
            try:
                await process.connect(daemon)
                beating = asyncio.create_task(self._beat(process))
                await process.read()
            except LINK_ERRORS:
                pass
            except asyncio.CancelledError:
                process.cut()
                raise
            finally:
                if beating:
                    beating.cancel()
                process.cut(by_bridge=False)
            await asyncio.sleep(self._random.uniform(0.01, 0.15))

    async def _beat(self, process):
        try:
            while True:
                await asyncio.sleep(HEARTBEAT_INTERVAL)
                await process.send("heartbeat",
                                   timestamp=f"{time.monotonic()}")
        except LINK_ERRORS:
            pass

    async def _have_mishaps(self, process):
        while self._world.is_loading:
            await asyncio.sleep(self._random.expovariate(1 / _CALM))
            draw = self._random.random()
            if not self._world.is_loading:
                break
            if draw < 0.5:
                process.cut()
            elif draw < 0.8:
                raise Restart
            else:
                await self._stop(process)
        await asyncio.Event().wait()

    async def _stop(self, process):
        """The process neither reads nor writes, as after SIGSTOP."""
        self._log.add("stopped", agent=self._agent_id)
        process.stop()
        await keep_silent(self._world, self._agent_id,
                          self._random.uniform(0.2, LONGEST_STOP))
        process.go_on()
        self._log.add("continued", agent=self._agent_id)
