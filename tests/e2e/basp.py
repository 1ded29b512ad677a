"""CAF's network protocol (BASP), spoken without CAF: what the console's port
gets from clients that are broken, or not ours."""

import os
import struct
from types import SimpleNamespace

from raw import RawConnection

(SERVER_HANDSHAKE, CLIENT_HANDSHAKE, DIRECT, ROUTED, MONITOR, DOWN,
 HEARTBEAT) = range(7)
HEADER_SIZE = 32
NODE_SIZE = 32

# What a console's client says first; a daemon of an old commit expects another
# number.
GREETING = os.environ.get("E2E_CONSOLE_GREETING", "bridgekeeper-console/2")

# Message ids, without their number.
MESSAGE = 1 << 60
ANSWER = MESSAGE | 1 << 63

_LETTERS = " 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"


def atom(text):
    value = 0xF
    for letter in text:
        value = (value << 6) | _LETTERS.index(letter)
    return struct.pack(">Q", value)


def header(operation, size, flags=0, data=0, source=0, target=0):
    return struct.pack(">BBBBIQQQ", operation, 0, 0, flags, size, data, source,
                       target)


def packet(operation, payload=b"", **fields):
    return header(operation, len(payload), **fields) + payload


def message(types, body, target, source=1, data=MESSAGE, **fields):
    """To an actor of the daemon. `types` as CAF writes them: `@<>+@atom`."""
    types = types.encode()
    payload = b"\0" + struct.pack(">H", 0) + bytes([len(types)]) + types + body
    return packet(DIRECT, payload, source=source, target=target, data=data,
                  **fields)


def new_node():
    """An id of a node that nobody knows."""
    return atom("default") + struct.pack(">I", os.getpid()) + os.urandom(20)


def hello(node=None):
    return packet(CLIENT_HANDSHAKE, node or new_node())


def command_to(actor_id, command):
    """What an operator's process sends to its console session."""
    text = command.encode()
    return message("@<>+@atom+@str", atom("run") + bytes([len(text)]) + text,
                   actor_id, data=MESSAGE | 1)


def console_of(daemon):
    """Where the console is, for raw connections."""
    host, port = daemon.console.rsplit(":", 1)
    return SimpleNamespace(host=host, port=int(port))


class Visitor:
    """A client with a token, past the gate: what it sends is BASP."""

    def __init__(self, raw, node):
        self.raw = raw
        # The daemon's own id.
        self.node = node

    @classmethod
    async def admitted(cls, daemon):
        raw = await RawConnection.open(console_of(daemon))
        await raw.send(f"{GREETING} {daemon.token}\n")
        await raw.receive_until(b"welcome\n")
        head = await raw.receive_exactly(HEADER_SIZE)
        size, = struct.unpack(">I", head[4:8])
        handshake = await raw.receive_exactly(size)
        return cls(raw, handshake[:NODE_SIZE])

    async def send(self, data):
        """False if the daemon hung up first."""
        return await self.raw.send_as_far_as_taken(data)

    async def receive(self):
        """The next frame: operation, message id, payload."""
        head = await self.raw.receive_exactly(HEADER_SIZE)
        operation, _, _, _, size, data, _, _ = struct.unpack(">BBBBIQQQ", head)
        return operation, data, await self.raw.receive_exactly(size)

    async def sync(self):
        """When this returns, CAF has looked at all that was sent before: it
        answers a request to an actor that does not exist."""
        number = 1 << 40
        await self.send(message("@<>+@atom", atom("untail"), (1 << 60),
                                data=MESSAGE | number))
        while True:
            operation, data, _ = await self.receive()
            if operation == DIRECT and data & number and data >> 63:
                return

    async def closed(self):
        """Waits for the daemon's close."""
        await self.raw.receive_all()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.raw.close()
