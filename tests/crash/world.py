"""The load of a round: bridges, clients and readers around one daemon at a
time."""

import asyncio
import itertools
import random
import time

from bridges import WorkingBridge
from clients import ControlClient, HttpClient, RecordReader
from command_bridge import CommandBridge
from ending import end_tasks
from network import Detour, Network
from readers import StreamReader
from resuming import ResumingBridge
from tasks import HEARTBEAT_TIMEOUT

_AGENTS = 20
# The others' bridges behave like the stock one.
_RESUMING = slice(1, None, 2)
# Of those, the ones whose bridges are programs; all are behind a proxy.
_PROGRAMS = slice(1, None, 4)
# Further agents behind a proxy.
_RESUMING_BEHIND_PROXY = slice(3, None, 8)
_STOCK_BEHIND_PROXY = slice(4, None, 8)
# So many of them get a third of the dispatches for themselves.
_BUSY_AGENTS = 4
_HTTP_CLIENTS = 6
_CONTROL_CLIENTS = 3
_RECORD_READERS = 2
_AGENT_READERS = 5
# Seconds.
_TICK = 0.2


class World:
    """What all programs of the load share. `label` makes the names of its tasks
    different from those of other rounds; `folder` is for what programs write."""

    def __init__(self, log, seed, label, folder, ids=()):
        self.log = log
        self.label = label
        self.agents = [f"agent-{x:02}" for x in range(_AGENTS)]
        # All dispatches that were accepted.
        self.ids = list(ids)
        self.is_loading = True
        self._seed = seed
        self._numbers = itertools.count(1)
        self._newest = None
        self._running = None
        self._is_running = asyncio.Event()
        self._clients = []
        self._others = []
        self._folder = folder
        programs = self.agents[_PROGRAMS]
        self.network = Network(
            self, programs + self.agents[_RESUMING_BEHIND_PROXY], programs,
            self.agents[_STOCK_BEHIND_PROXY])

    def random(self, name):
        """Each program has its own, so that what one of them does next does not
        depend on the others' timing."""
        return random.Random(f"{self._seed} {name}")

    def choose_agent(self, random):
        is_busy = random.random() < 0.3
        return random.choice(self.agents[:_BUSY_AGENTS] if is_busy
                             else self.agents)

    def number(self):
        """Numbers for requests and readers, unique over rounds."""
        return f"{self.label}-{next(self._numbers)}"

    # -- the daemon -----------------------------------------------------------

    def is_up(self, daemon):
        self._newest = self._running = daemon
        self._is_running.set()
        self.network.lead_to(daemon)

    def is_down(self):
        self._running = None
        self._is_running.clear()
        self.network.lead_to(None)

    async def running_daemon(self):
        """Waits until there is one."""
        while self._running is None:
            await self._is_running.wait()
        return self._running

    async def route(self, agent):
        """The running daemon as the agent's bridge knows it."""
        daemon = await self.running_daemon()
        url = self.network.url(agent)
        return Detour(daemon, url) if url else daemon

    def newest_daemon(self):
        """The running daemon, or the one that was killed last."""
        return self._newest

    # -- the load -------------------------------------------------------------

    async def start(self):
        await self.running_daemon()
        await self.network.start()
        self.network.lead_to(self._running)
        clients = [HttpClient(self, f"http{x}") for x in range(_HTTP_CLIENTS)]
        clients += [ControlClient(self, f"ws{x}")
                    for x in range(_CONTROL_CLIENTS)]
        clients += [RecordReader(self, f"record{x}")
                    for x in range(_RECORD_READERS)]
        others = [WorkingBridge(self, x) for x in self.agents[::2]]
        programs = self.agents[_PROGRAMS]
        others += [CommandBridge(self, x, self._folder / x) for x in programs]
        others += [ResumingBridge(self, x) for x in self.agents[_RESUMING]
                   if x not in programs]
        others += [StreamReader(self, f"reader-{x}", x)
                   for x in self.agents[:_AGENT_READERS]]
        others += [StreamReader(self, "session-reader")]
        self._others = [asyncio.create_task(x.run()) for x in others]
        self._clients = [asyncio.create_task(x.run()) for x in clients]
        self._others.append(asyncio.create_task(self._watch_stalls()))

    async def _watch_stalls(self):
        """While this program hangs, bridges are as silent as if they had been
        stopped, and the daemon may close their links."""
        while True:
            began = self.log.now()
            await asyncio.sleep(_TICK)
            late = self.log.now() - began
            if late < HEARTBEAT_TIMEOUT / 2:
                continue
            wall_us = time.time_ns() // 1000
            for agent in self.agents:
                self.log.add("stopped", agent=agent, at=began)
                self.log.add("continued", agent=agent)
                for tick in range(int(late / _TICK)):
                    self.log.add("dropped", agent=agent, wall_us=wall_us
                                 - int(tick * _TICK * 1e6))

    async def end_load(self, deadline):
        """No new requests; waits for the answers to the others. Bridges and
        readers go on."""
        self.is_loading = False
        await asyncio.wait(self._clients, timeout=deadline)
        await end_tasks(self._clients)

    async def stop(self):
        self.is_loading = False
        await end_tasks(self._clients)
        await end_tasks(self._others)
        await self.network.stop()
