"""Load on a daemon, and core actors of it that are killed under it."""

import asyncio
import collections

from bridge import Bridge
from cases import AsyncCase
from client import ControlSocket, get
from waiting import eventually

AGENTS = 6


class Load:
    """Dispatches over one control socket to all agents, without a pause."""

    def __init__(self, control, agents):
        self._control = control
        self._agents = agents
        self._ending = False
        self.answers = collections.Counter()
        self.message_ids = []
        self.wrong = []
        self.sent = 0

    async def run(self):
        window = asyncio.Semaphore(50)
        under_way = set()
        while not self._ending:
            await window.acquire()
            id = f"{self.sent}"
            await self._control.dispatch(
                id, self._agents[self.sent % len(self._agents)], id)
            self.sent += 1
            waiting = asyncio.create_task(self._follow(id, window))
            under_way.add(waiting)
            waiting.add_done_callback(under_way.discard)
        await asyncio.gather(*under_way)

    async def _follow(self, id, window):
        answer = await self._control.result(id)
        window.release()
        self.answers[id] += 1
        self.message_ids.append(answer["message_id"])
        if answer["type"] != "response" or answer["content"] != id:
            self.wrong.append(answer)

    def end(self):
        self._ending = True

    async def more(self, count):
        """Until so many more have been answered."""
        goal = sum(self.answers.values()) + count
        await eventually(lambda: sum(self.answers.values()) >= goal,
                         f"{count} more answers")


class DrillCase(AsyncCase):
    """Several agents at work, and a control socket."""

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.daemon = self.start_daemon("--io-threads", "2",
                                        "--heartbeat-tick", "0.2")
        self.names = [f"agent-{n}" for n in range(AGENTS)]
        self.bridges = [
            (await self.given(await Bridge.register(self.daemon, x))).work(1)
            for x in self.names]
        self.control = await self.given(
            await ControlSocket.open(self.daemon))

    async def kill(self, name):
        before = await self.born(name)
        text = await self.daemon.ask_console(f"kill-actor {name}")
        self.assertIn("was killed", text)

        async def is_replaced():
            now = await self.born(name)
            return now is not None and now != before
        await eventually(is_replaced, f"another {name}")

    async def born(self, name):
        """The actor's number, if there is one of this name."""
        for line in (await self.daemon.ask_console("actors")).splitlines():
            if line.split()[0] == name:
                return int(line.split()[1])
        return None

    async def all_are_listed(self):
        answer = await get(self.daemon, "/control/agents")
        connected = {x["agent_id"] for x in answer.json["agents"]
                     if x["status"] == "connected"}
        return connected >= set(self.names)
