"""A daemon that says what a test wants it to say, to one bridge at a time."""

import asyncio
import contextlib
import json

import websockets

from waiting import within

INTERVALS = {"heartbeat_interval_s": 30, "heartbeat_timeout_s": 30}


class FakeDaemon:
    """Speaks protocol 1.1 by default; `FakeDaemon(terms=None)` speaks 1.0, as
    VibeForge's server and older daemons do."""

    def __init__(self, terms=INTERVALS):
        # The members of 1.1 in `registered`; None for a daemon of 1.0.
        self.terms = terms
        self._frames = asyncio.Queue()
        self._socket = None
        self._server = None
        self._links = 0
        self.agent_id = None
        # What each of the bridge's registrations said.
        self.registrations = []

    async def __aenter__(self):
        self._server = await websockets.serve(self._serve, "127.0.0.1", 0,
                                              ping_interval=None,
                                              close_timeout=2)
        return self

    async def __aexit__(self, *_):
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self):
        host, port = self._server.sockets[0].getsockname()
        return f"http://{host}:{port}"

    async def _serve(self, socket):
        register = json.loads(await socket.recv())
        self.registrations.append(register)
        self.agent_id = register["agent_id"]
        self._links += 1
        self._socket = socket
        await self.send(self.registered())
        # Tests wait for this, and everything after it is of this link.
        self._frames.put_nowait(register)
        with contextlib.suppress(websockets.ConnectionClosed):
            async for frame in socket:
                self._frames.put_nowait(json.loads(frame))
        self._frames.put_nowait({"type": "closed", "code": socket.close_code})

    def registered(self):
        frame = {"type": "registered", "session_id": "s",
                 "agent_id": self.agent_id, "message": "hello"}
        if self.terms is not None:
            frame |= {"protocol": "1.1", "incarnation": self._links,
                      "adopted": [], "cancelled": [], **self.terms}
        return frame

    # -- frames ---------------------------------------------------------------

    async def send(self, frame):
        await self._socket.send(json.dumps(frame))

    async def dispatch(self, message_id, content="do it", **terms):
        """`terms` are members of 1.1, besides those that it must have."""
        frame = {"type": "dispatch", "message_id": message_id,
                 "agent_id": self.agent_id, "content": content, "context": {},
                 "session_id": "s"}
        if self.terms is not None:
            frame |= {"dispatch_id": message_id, "attempt": 1, **terms}
        await self.send(frame)

    async def ack(self, message_id):
        await self.send({"type": "ack", "message_id": message_id})

    async def cancel(self, message_id, reason="cancelled"):
        await self.send({"type": "cancel", "message_id": message_id,
                         "reason": reason})

    async def goaway(self, reconnect_after_ms):
        await self.send({"type": "goaway", "reason": "restart",
                         "reconnect_after_ms": reconnect_after_ms})
        await self._socket.close(1001, "restart")

    def cut(self):
        self._socket.transport.abort()

    async def receive(self, kind, message_id=None):
        """The next frame of the bridge, which must be this one."""
        frame = await within(self._frames.get(), f"{kind} of the bridge")
        assert (frame["type"], frame.get("message_id")) \
            == (kind, message_id), frame
        return frame

    async def receive_close(self, code=None):
        """The link ends, with this code of the bridge if one is given."""
        frame = await self.receive("closed")
        assert code in (None, frame["code"]), frame

    async def registration(self):
        """The next registration, whatever comes before it."""
        while True:
            frame = await within(self._frames.get(), "a registration")
            if frame["type"] == "register":
                return frame

    async def is_quiet(self):
        """When this returns, the bridge has handled all that was sent before
        and has answered nothing that was not received. A ping is answered in
        turn."""
        await within(await self._socket.ping(), "a pong")
        assert self._frames.empty(), self._frames.get_nowait()
