"""A TCP proxy between bridges and a daemon that does to their links what
networks do: it cuts, stalls, half-closes and delays them, and it registers a
bridge twice.

A test either causes one fault at a time (`cut`, `stall`, `half_close`, …) or
lets `misbehave` cause them in an order that depends on the seed only.
"""

import asyncio
import contextlib
import random
import socket
import struct

_CHUNK = 64 * 1024

FAULTS = ("cut", "stall", "half_close", "delay")


def schedule(seed, longest_pause=1.0):
    """The faults of a seed, without end: (pause in seconds, fault, length in
    seconds). The same seed always gives the same faults."""
    chance = random.Random(seed)
    while True:
        yield (chance.uniform(0, longest_pause), chance.choice(FAULTS),
               chance.uniform(0, longest_pause))


class Watch:
    """Is told what passes on one connection, before it is passed on. Tests that
    want to know derive from it."""

    def sent_by_bridge(self, data):
        pass

    def sent_by_daemon(self, data):
        pass

    def ended(self, by_daemon):
        """The connection ends, which the other side may not know yet;
        `by_daemon`: the daemon ends it."""


class _Link:
    """One connection of a bridge, and the proxy's own to the daemon."""

    def __init__(self, bridge, daemon, watch):
        self.bridge = bridge
        self.daemon = daemon
        self._watch = watch
        self._is_ending = False

    def pass_up(self, data):
        self._watch.sent_by_bridge(data)
        with contextlib.suppress(RuntimeError):
            self.daemon[1].write(data)

    def pass_down(self, data):
        self._watch.sent_by_daemon(data)
        with contextlib.suppress(RuntimeError):
            self.bridge[1].write(data)

    def ends(self, by_daemon=False):
        if not self._is_ending:
            self._is_ending = True
            self._watch.ended(by_daemon)

    def abort(self):
        """Both ends see a reset, and no close frame."""
        self.ends()
        for _, writer in (self.bridge, self.daemon):
            _reset(writer)

    def half_close(self):
        """The bridge sees the end of what the daemon sends, while the daemon
        goes on seeing what the bridge sends."""
        self.ends()
        with contextlib.suppress(OSError, RuntimeError):
            self.bridge[1].write_eof()


class ChaosProxy:
    """`target` is the daemon's (host, port); it may be changed when the daemon
    moves, and new connections wait while it is None. `watch` is called for each
    connection and returns a `Watch`."""

    def __init__(self, target, seed=0, watch=Watch):
        self._has_target = asyncio.Event()
        self.target = target
        self._watch = watch
        # How often a connection has been accepted, and a registration repeated.
        self.connections = 0
        self.duplicates = 0
        # Each connection's first text frame is sent on a connection of its own
        # first. The bridge's own registration follows once that is answered.
        self.duplicates_registrations = False
        # The longest delay of a piece of data, in seconds.
        self.longest_delay = 0.0
        self._chance = random.Random(seed)
        self._links = set()
        self._tasks = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._refuses = False
        self._server = None

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_):
        self._server.close()
        self.cut()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def target(self):
        return self._target

    @target.setter
    def target(self, target):
        self._target = target
        if target is None:
            self._has_target.clear()
        else:
            self._has_target.set()

    @property
    def url(self):
        host, port = self._server.sockets[0].getsockname()
        return f"http://{host}:{port}"

    @property
    def links(self):
        """How many connections are open."""
        return len(self._links)

    # -- faults ---------------------------------------------------------------

    def cut(self):
        """Resets all connections."""
        for link in tuple(self._links):
            link.abort()

    def refuse(self):
        """Resets all connections, and new ones as soon as they are accepted."""
        self._refuses = True
        self.cut()

    def accept(self):
        self._refuses = False

    def stall(self):
        """Passes nothing on in either direction; connections stay open."""
        self._flows.clear()

    def flow(self):
        self._flows.set()

    def half_close(self):
        for link in tuple(self._links):
            link.half_close()

    async def misbehave(self, seed, faults, longest_pause=1.0):
        """Causes the first `faults` of the seed's schedule, one after the
        other, and leaves everything flowing."""
        for _, (pause, fault, length) in zip(
                range(faults), schedule(seed, longest_pause)):
            await asyncio.sleep(pause)
            await self.cause(fault, length)

    async def cause(self, fault, length):
        """Causes one of `FAULTS`; those that last are over when this
        returns."""
        if fault == "cut":
            self.cut()
        elif fault == "half_close":
            self.half_close()
        else:
            try:
                if fault == "stall":
                    self.stall()
                else:
                    self.longest_delay = length / 10
                await asyncio.sleep(length)
            finally:
                self.longest_delay = 0.0
                self.flow()

    # -- one connection -------------------------------------------------------

    async def _accept(self, *bridge):
        self._tasks.add(asyncio.current_task())
        try:
            await self._serve(bridge)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            _reset(bridge[1])
            self._tasks.discard(asyncio.current_task())

    async def _serve(self, bridge):
        self.connections += 1
        if self._refuses:
            return
        await self._has_target.wait()
        target = self.target
        link = _Link(bridge, await self._connect(target), self._watch())
        self._links.add(link)
        duplicate = None
        try:
            upward = b""
            if self.duplicates_registrations:
                upward, duplicate = await self._register_twice(link, target)
            await self._relay(link, upward)
        finally:
            self._links.discard(link)
            link.abort()
            if duplicate:
                duplicate.transport.abort()

    async def _connect(self, target):
        """A connection to the daemon, unless the proxy has begun to refuse
        connections while it was made."""
        reader, writer = await asyncio.open_connection(*target)
        if self._refuses:
            _reset(writer)
            raise ConnectionRefusedError
        return reader, writer

    async def _relay(self, link, upward):
        if upward:
            link.pass_up(upward)
        await asyncio.gather(
            self._pump(link, link.bridge[0], link.daemon[1], link.pass_up),
            self._pump(link, link.daemon[0], link.bridge[1], link.pass_down))

    async def _pump(self, link, reader, writer, pass_on):
        by_daemon = reader is link.daemon[0]
        try:
            while data := await reader.read(_CHUNK):
                if self.longest_delay:
                    await asyncio.sleep(
                        self._chance.uniform(0, self.longest_delay))
                await self._flows.wait()
                pass_on(data)
                await writer.drain()
        except ConnectionError:
            link.ends(by_daemon)
            raise
        link.ends(by_daemon)
        with contextlib.suppress(OSError, RuntimeError):
            writer.write_eof()

    async def _register_twice(self, link, target):
        """Sends the bridge's upgrade and its first frame on another connection
        and waits for the answer. Returns the frame, which must still be sent on
        the link itself, and the other connection."""
        upgrade = await link.bridge[0].readuntil(b"\r\n\r\n")
        link.pass_up(upgrade)
        link.pass_down(await link.daemon[0].readuntil(b"\r\n\r\n"))
        frame = await read_frame(link.bridge[0])
        reader, writer = await self._connect(target)
        writer.write(upgrade)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(frame)
        await read_frame(reader)
        self.duplicates += 1
        return frame, writer


def _reset(writer):
    """Closes a connection with a reset instead of an end of data."""
    if not writer.transport.is_closing():
        writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def read_frame(reader):
    """The bytes of one WebSocket frame (RFC 6455, 5.2), as they were sent."""
    head = await reader.readexactly(2)
    length = head[1] & 0x7F
    if length >= 126:
        extended = await reader.readexactly(2 if length == 126 else 8)
        head += extended
        length = int.from_bytes(extended, "big")
    mask = 4 if head[1] & 0x80 else 0
    return head + await reader.readexactly(mask + length)
