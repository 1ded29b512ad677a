"""Bridges that behave like the stock one: each works on one dispatch at a time,
connects again when its link ends, and answers a dispatch only on the link that
brought it."""

import asyncio
import json
import time

import websockets

from bridge import Bridge
from facts import digest, task_of
from tasks import HEARTBEAT_INTERVAL

# What a lost link or a daemon that is down looks like. An AssertionError: no
# answer in time.
LINK_ERRORS = (OSError, EOFError, AssertionError, asyncio.TimeoutError,
               websockets.WebSocketException)

_LARGE = 60_000


class WorkingBridge:
    """Serves one agent until it is cancelled."""

    def __init__(self, world, agent_id):
        self._world = world
        self._log = world.log
        self._agent_id = agent_id
        self._random = world.random(agent_id)

    async def run(self):
        while True:
            daemon = await self._world.route(self._agent_id)
            try:
                await self._serve(daemon)
            except LINK_ERRORS:
                pass
            await asyncio.sleep(self._random.uniform(0.01, 0.15))

    async def _serve(self, daemon):
        bridge = await Bridge.register(daemon, self._agent_id)
        work, turn = set(), asyncio.Lock()
        beating = asyncio.create_task(self._beat(bridge))
        try:
            async for text in bridge.socket:
                frame = self._read(text)
                if frame is None or frame["type"] != "dispatch":
                    continue
                self._log.add("frame", agent=self._agent_id,
                              wire=frame["message_id"],
                              task=task_of(frame["content"]),
                              content=digest(frame["content"]))
                if self._random.random() < 0.03:
                    return self._drop(bridge)
                task = asyncio.create_task(self._work(bridge, frame, turn))
                work.add(task)
                task.add_done_callback(work.discard)
        finally:
            for task in (*work, beating):
                task.cancel()
            await asyncio.gather(*work, beating, return_exceptions=True)
            await bridge.close()

    async def _beat(self, bridge):
        while True:
            await asyncio.sleep(HEARTBEAT_INTERVAL)
            await bridge.send("heartbeat", timestamp=f"{time.monotonic()}")

    def _drop(self, bridge):
        """The link ends, and the daemon is not told why."""
        self._log.add("dropped", agent=self._agent_id,
                      wall_us=time.time_ns() // 1000)
        bridge.socket.transport.abort()

    def _read(self, text):
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            self._log.add("unreadable", agent=self._agent_id, text=text[:80])
            return None

    async def _work(self, bridge, frame, turn):
        wire = frame["message_id"]
        # The text says how long the daemon will wait: see clients.py.
        timeout = float(frame["content"].split(" ")[1])
        try:
            async with turn:
                for number in range(self._random.choice((0, 0, 1, 2))):
                    await bridge.progress(wire, progress_text=f"step {number}")
                delay = self._delay(timeout)
                if delay is None:
                    return
                await asyncio.sleep(delay)
                await self._respond(bridge, wire, 1)
                if self._random.random() < 0.04:
                    await self._respond(bridge, wire, 2)
        except LINK_ERRORS:
            pass

    def _delay(self, timeout):
        """Seconds until the response; None: there is none. Some responses race
        with their timeout, some come too late."""
        draw = self._random.random()
        if draw < 0.6:
            return 0
        if draw < 0.85:
            return self._random.uniform(0, 0.4)
        if draw < 0.92:
            return timeout + self._random.uniform(-0.01, 0.01)
        if draw < 0.97:
            return timeout + self._random.uniform(0.1, 0.3)
        return None

    async def _respond(self, bridge, wire, number):
        content = f"result {number} of {wire}"
        if self._random.random() < 0.08:
            content += " " + "x" * _LARGE
        cost = self._random.choice((0, 0, 1000, 25_000, 1_500_000))
        fields = {"usage": {"cost_usd": cost / 1e6}} if cost else {}
        if self._random.random() < 0.15:
            fields["error"] = f"failure {number} of {wire}"
        self._log.add("response", agent=self._agent_id, wire=wire,
                      content=digest(content), cost_musd=cost)
        await bridge.respond(wire, content, **fields)
