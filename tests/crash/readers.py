"""Readers of event streams that come back with the id of the last event."""

import asyncio
import json
import time

from bridges import LINK_ERRORS
from client import get
from clients import HTTP_ERRORS
from events import EventStream
from facts import digest, outcome_of_event


class StreamReader:
    """Follows an agent, or (without one) the control session, until it is
    cancelled."""

    def __init__(self, world, name, agent=None):
        self._world = world
        self._log = world.log
        self._random = world.random(name)
        self._agent = agent
        self._stream = None
        self._last = None

    async def run(self):
        while True:
            daemon = await self._world.running_daemon()
            try:
                await self.read(daemon)
            except (*LINK_ERRORS, *HTTP_ERRORS):
                pass
            await asyncio.sleep(self._random.uniform(0.02, 0.2))

    async def read(self, daemon):
        """Reads one connection to its end."""
        name, path = await self._where(daemon)
        if name != self._stream or self._random.random() < 0.1:
            self._stream, self._last = name, None
        headers = {"Last-Event-ID": self._last} if self._last else {}
        async with await EventStream.open_path(daemon, path, headers) as x:
            if x.status != 200:
                return
            reader = self._world.number()
            after = int(self._last.rpartition("-")[2]) if self._last else None
            self._log.add("opened", reader=reader, stream=name, after=after)
            try:
                while True:
                    self._on_block(reader, await x.next_block())
            finally:
                self._log.add("closed", reader=reader)

    async def _where(self, daemon):
        if self._agent:
            return (f"agent:{self._agent}",
                    f"/control/agents/{self._agent}/events")
        answer = await get(daemon, "/control/context")
        session = answer.json["control_session_id"]
        return f"session:{session}", f"/control/sessions/{session}/events"

    def _on_block(self, reader, block):
        if block["event"] == "gap":
            self._log.add("gap", reader=reader,
                          wall_us=time.time_ns() // 1000)
            return
        if block["event"] == "end":
            raise EOFError
        event = json.loads(block["data"])
        if event["event_type"] == "outcome":
            # It has no place, as it is not stored: no agent had the dispatch.
            self._log.add("seen", id=event["metadata"]["message_id"],
                          via="outcome", since=self._log.now(),
                          **outcome_of_event(event))
            return
        self._last = block["id"]
        run, _, n = block["id"].rpartition("-")
        dispatch = event["metadata"].get("message_id")
        place = {"run": run, "n": int(n)}
        self._log.add("event", reader=reader, type=event["event_type"],
                      timestamp=event["timestamp"], dispatch=dispatch,
                      print=digest(json.dumps(event, sort_keys=True)), **place)
        outcome = outcome_of_event(event)
        if outcome:
            self._log.add("seen", id=dispatch, via="stream",
                          since=self._log.now(), **place, **outcome)
