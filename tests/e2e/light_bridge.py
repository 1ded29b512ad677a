"""Bridges that speak protocol 1.1 and cost so little that one program can be a
fleet of thousands."""

import asyncio
import json
import random
import struct
import time
import uuid

from raw import CLOSE, TEXT, frame, upgrade_text

# Seconds until the next try after one that failed, at random: a daemon that is
# down must not be tried by all at once.
_PAUSE = (1, 4)
# What a bridge adds to the time that the daemon asked it to wait.
_JITTER = 0.2


class LightBridge:
    """Keeps its link up, and answers each dispatch when `work` allows it.
    `place.daemon` is the daemon to connect to."""

    def __init__(self, place, agent_id, work):
        self.agent_id = agent_id
        # When it has tried to connect, on the monotonic clock.
        self.tries = []
        self.registered_at = None
        # When it may come back at the earliest, as `goaway` said.
        self.not_before = None
        self.executed = []
        self.unacked = {}
        self.adopted = 0
        self._place = place
        self._work = work
        self._instance = str(uuid.uuid4())
        self._writer = None

    async def run(self):
        while True:
            self.tries.append(time.monotonic())
            try:
                await self._serve()
            except (OSError, EOFError):
                pass
            finally:
                self.registered_at = None
                if self._writer:
                    self._writer.transport.abort()
                    self._writer = None
            now = time.monotonic()
            pause = random.uniform(*_PAUSE)
            if self.not_before and now < self.not_before:
                pause = self.not_before - now + random.uniform(0, _JITTER)
            await asyncio.sleep(pause)

    async def _serve(self):
        daemon = self._place.daemon
        reader, writer = await asyncio.open_connection(daemon.host,
                                                       daemon.port)
        self._writer = writer
        writer.write(upgrade_text("/ws/agent-bridge"))
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in head:
            raise EOFError(head)
        self._send("register", auth_token=daemon.token, protocol="1.1",
                   instance_id=self._instance, resume=[
                       {"message_id": x, "state":
                        "finished" if response else "running"}
                       for x, response in self.unacked.items()])
        while True:
            opcode, payload = await self._receive(reader)
            if opcode == CLOSE:
                return
            if opcode == TEXT:
                self._on_message(json.loads(payload))

    async def _receive(self, reader):
        head = await reader.readexactly(2)
        length = head[1] & 0x7F
        if length == 126:
            length, = struct.unpack(">H", await reader.readexactly(2))
        return head[0] & 0x0F, await reader.readexactly(length)

    def _send(self, kind, **fields):
        self._writer.write(frame(json.dumps(
            {"type": kind, "agent_id": self.agent_id, **fields})))

    def _on_message(self, message):
        kind, id = message["type"], message.get("message_id")
        if kind == "registered":
            self.registered_at = time.monotonic()
            self.adopted += len(message["adopted"])
            for response in filter(None, self.unacked.values()):
                self._send("response", **response)
        elif kind == "dispatch":
            self._send("accept", message_id=id)
            self.executed.append(id)
            self.unacked[id] = None
            asyncio.create_task(self._execute(id))
        elif kind == "ack":
            self.unacked.pop(id, None)
        elif kind == "goaway":
            self.not_before = (time.monotonic()
                               + message["reconnect_after_ms"] / 1000)

    async def _execute(self, id):
        await self._work.wait()
        self.unacked[id] = {"message_id": id, "content": f"result of {id}",
                            "usage": {"cost_usd": 0.001}}
        if self.registered_at:
            self._send("response", **self.unacked[id])
