"""A bridge: the other end of /ws/agent-bridge, as the stock client speaks."""

import asyncio
import itertools
import json

from recording import connect
from waiting import DEADLINE, within

_stamps = itertools.count()


class Bridge:
    """One WebSocket to the daemon; registered once `register` returns."""

    def __init__(self, socket, agent_id):
        self.socket = socket
        self.agent_id = agent_id
        self._working = None

    # -- connecting -----------------------------------------------------------

    @classmethod
    async def connect(cls, daemon, agent_id="", **options):
        """Connected, and not registered."""
        options = {"close_timeout": 2, "ping_interval": None,
                   "ssl": daemon.tls, **options}
        url = daemon.ws_url("/ws/agent-bridge")
        return cls(await connect(url, **options), agent_id)

    @classmethod
    async def register(cls, daemon, agent_id, options=None, **fields):
        """Connected and registered."""
        bridge = await cls.connect(daemon, agent_id, **(options or {}))
        await bridge.send("register", auth_token=daemon.token, **fields)
        answer = await bridge.receive()
        assert answer["type"] == "registered", answer
        bridge.session_id = answer["session_id"]
        return bridge

    async def close(self):
        if self._working:
            self._working.cancel()
        await self.socket.close()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.close()

    # -- messages -------------------------------------------------------------

    async def send(self, kind, **fields):
        """Any message; `agent_id` is our own unless another is given."""
        await self.send_text(json.dumps(
            {"type": kind, "agent_id": self.agent_id, **fields}))

    async def send_text(self, text):
        await self.socket.send(text)

    async def receive(self, deadline=DEADLINE):
        frame = await within(self.socket.recv(), "a frame for the bridge",
                             deadline)
        return json.loads(frame)

    async def receive_dispatch(self):
        message = await self.receive()
        assert message["type"] == "dispatch", message
        return message

    async def progress(self, message_id, status="running", **fields):
        await self.send("progress", message_id=message_id, status=status,
                        **fields)

    async def respond(self, message_id, content="done", **fields):
        await self.send("response", message_id=message_id, content=content,
                        **fields)

    async def sync(self):
        """When this returns, the daemon has handled all that was sent before,
        and has sent nothing in answer but this echo."""
        stamp = f"sync-{next(_stamps)}"
        await self.send("heartbeat", timestamp=stamp)
        echo = await self.receive()
        assert echo == {"type": "heartbeat", "agent_id": self.agent_id,
                        "timestamp": stamp}, echo

    # -- doing the work -------------------------------------------------------

    def work(self, progress=0):
        """From now on every task is answered with its own text."""
        self._working = asyncio.create_task(self._work(progress))
        return self

    async def _work(self, reports):
        async for frame in self.socket:
            message = json.loads(frame)
            if message["type"] != "dispatch":
                continue
            for number in range(reports):
                await self.progress(message["message_id"],
                                    progress_text=f"step {number}")
            await self.respond(message["message_id"], message["content"])

    # -- the end --------------------------------------------------------------

    async def closed(self, deadline=DEADLINE):
        """Waits for the close; its code and reason."""
        await within(self.socket.wait_closed(), "the bridge's close", deadline)
        return self.socket.close_code, self.socket.close_reason

    def is_open(self):
        return self.socket.open
