"""Frames that a client of the console with a good token must not send (BASP,
docs/decisions/0010), as a table, and frames that it may send with nonsense in
them."""

import itertools
import random
import struct

from basp import (ANSWER, CLIENT_HANDSHAKE, DIRECT, DOWN, HEARTBEAT,
                  MESSAGE, MONITOR, NODE_SIZE, ROUTED, SERVER_HANDSHAKE,
                  Visitor, atom, header, hello, message, new_node, packet)
from cases import AsyncCase
from daemon import SANITIZED
from regression import fails_at

_SEED = 28
_GROWTH = 64 * 1024 * 1024 * (4 if SANITIZED else 1)

_NODE = new_node()
_OTHER = new_node()
_NOTHING = b"\0\0\3@<>"
_ERROR = b"\x01" + atom("system") + _NOTHING
_BOMB = b"\xff\xff\xff\xff\x0f"


def _nested(depth):
    """A message in a message in a message …"""
    body = b""
    for _ in range(depth):
        body = b"\0\0\x0c@<>+@message" + body
    return body


def _rejected():
    """What ends the connection: name, bytes."""
    names = {SERVER_HANDSHAKE: "server handshake", DIRECT: "message",
             CLIENT_HANDSHAKE: "handshake", ROUTED: "routed message",
             MONITOR: "monitor", DOWN: "down", HEARTBEAT: "heartbeat"}
    for operation, name in names.items():
        if operation != CLIENT_HANDSHAKE:
            yield f"{name} before the handshake", packet(
                operation, b"" if operation == HEARTBEAT else bytes(64),
                source=1, target=1)
        for size in (65_537, 1 << 24, 0xFFFF_FFFF):
            yield f"{name} that announces {size}", hello(_NODE) + header(
                operation, size, data=MESSAGE, source=1, target=1)
        if operation != HEARTBEAT:
            yield f"{name} without payload", hello(_NODE) + header(
                operation, 0, data=1, source=1, target=1)
            yield f"{name} without payload, first", header(
                operation, 0, data=1, source=1, target=1)
    for operation in range(HEARTBEAT + 1, 256):
        yield f"operation {operation}", hello(_NODE) + header(operation, 0)
    yield "heartbeat with a payload", hello(_NODE) + packet(HEARTBEAT, b"x")
    yield "a server's handshake", packet(
        SERVER_HANDSHAKE, _NODE + b"\0" * 9 + b"\0", data=3)
    yield "another node's handshake", hello(_NODE) + hello(_OTHER)
    yield "no node", packet(CLIENT_HANDSHAKE, bytes(NODE_SIZE))
    yield "a node of another kind", packet(
        CLIENT_HANDSHAKE, (atom("uri") + b"\x17" + b"x" * 30)[:NODE_SIZE])
    yield "routed on to another", hello(_NODE) + packet(
        ROUTED, _NODE + _OTHER + _NOTHING, source=1, target=1)
    yield "monitor as another", hello(_NODE) + packet(
        MONITOR, _OTHER + _NODE, target=1)
    yield "monitor of no node", hello(_NODE) + packet(
        MONITOR, _NODE + b"x" * NODE_SIZE, target=1)
    yield "monitor, short", hello(_NODE) + packet(MONITOR, _NODE, target=1)
    yield "down as another", hello(_NODE) + packet(
        DOWN, _OTHER + _NODE + _ERROR, source=1)
    for name, context in (("bytes", b"\0\0\x0c@<>+@charbuf" + _BOMB),
                          ("nested", _nested(100)),
                          ("cut off", b"\0\0\x0c@<>"), ("none", b"")):
        error = b"\x01" + atom("system") + context
        yield f"error with context: {name}", hello(_NODE) + packet(
            DOWN, _NODE + _OTHER + error, source=1)
        yield f"answer of an error with context: {name}", hello(
            _NODE) + message("@<>+@error", error, 1, data=ANSWER | 1)
    for types, body in (
            ("@<>", b""), ("", b""), ("@<>+", b""), ("nonsense", b""),
            ("@<>+@charbuf", _BOMB), ("@<>+@str+@charbuf", b"\0" + _BOMB),
            ("@<>+@message", _nested(2_000)), ("@<>+@strvec", _BOMB),
            ("@<>+@exit", bytes(50)), ("@<>+@down", bytes(50)),
            ("@<>+@atom+@strong_actor_ptr", atom("LINK") + bytes(40)),
            ("@<>+@atom+@str+@message", atom("SPAWN") + _nested(100)),
            ("@<>+" + "+".join(["@charbuf"] * 10), _BOMB * 10)):
        for target in (1, struct.unpack(">Q", atom("SpawnServ"))[0]):
            yield f"message of {types[:40]!r} to {target}", hello(
                _NODE) + message(types, body, target,
                                 flags=1 if target > 1 else 0)
    yield "a message behind stages", hello(_NODE) + packet(
        DIRECT, b"\x01" + bytes(50), data=MESSAGE, source=1, target=1)
    for category in (0, 2, 3, 4, 5, 6, 7):
        for data in (category << 60, category << 60 | 1 << 63):
            yield f"message id {data:#x}", hello(_NODE) + message(
                "@<>+@atom+@str", atom("run") + b"\x04help", 1, data=data)
    yield "a type by number", hello(_NODE) + packet(
        DIRECT, b"\0\0\x07" + bytes(50), data=MESSAGE, source=1, target=1)


def _accepted(chance):
    """What the screen lets pass, with anything inside: bytes, without end."""
    kinds = ("@<>+@atom+@str", "@<>+@atom", "@<>+bool", "@<>+@atom+@atom+@str",
             "@<>+@atom+@str+@strong_actor_ptr+@str",
             "@<>+@atom+bridgekeeper::actors::console_terminal")
    names = [struct.unpack(">Q", atom(x))[0] for x in (
        "SpawnServ", "ConfigServ", "nobody")]
    words = [atom(x) for x in ("run", "tail", "untail", "attach", "handshake",
                               "sys", "get", "put", "ok", "LINK", "nobody")]

    def body():
        parts = [chance.choice(words), chance.choice(words),
                 chance.randbytes(chance.randrange(40)), b"\x04info", _BOMB,
                 struct.pack(">Q", chance.randrange(60)), _NODE, _OTHER,
                 atom("uri") + b"\x08x://[::]"]
        return b"".join(chance.sample(parts, chance.randrange(len(parts))))

    while True:
        named = chance.random() < 0.3
        target = chance.choice(names) if named else chance.randrange(1, 60)
        kind = chance.randrange(6)
        if kind == 0:
            yield packet(MONITOR, _NODE + chance.choice((_NODE, _OTHER)),
                         target=target)
        elif kind == 1:
            yield packet(DOWN, _NODE + chance.choice((_NODE, _OTHER))
                         + chance.randbytes(1) + atom("system") + _NOTHING,
                         source=chance.randrange(1, 60))
        else:
            data = chance.choice((MESSAGE, ANSWER)) | chance.choice(
                (0, chance.randrange(9), chance.getrandbits(40)))
            yield message(chance.choice(kinds), body(), target,
                          source=chance.randrange(60), data=data,
                          flags=1 if named else 0)


class ConsoleFramesTest(AsyncCase):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.daemon = self.start_daemon()
        self.daemon.forget_peak_memory()
        self.before = self.daemon.memory("VmHWM")

    async def assert_well(self):
        self.assertIn("registry", await self.daemon.ask_console("actors"))
        self.assertLess(self.daemon.memory("VmHWM") - self.before, _GROWTH)

    @fails_at("8bd27b6")
    async def test_what_a_client_does_not_send_ends_its_connection(self):
        cases = list(_rejected())
        for name, data in cases:
            with self.subTest(name):
                async with await Visitor.admitted(self.daemon) as visitor:
                    await visitor.send(data)
                    await visitor.closed()
        await self.assert_well()
        print(f"{len(cases)} bad frames")

    async def test_nonsense_in_good_frames_ends_nothing(self):
        chance = random.Random(_SEED)
        frames = _accepted(chance)
        connections, each = 40, 100
        for _ in range(connections):
            async with await Visitor.admitted(self.daemon) as visitor:
                # CAF may still know the node of the previous connection.
                node = new_node()
                await visitor.send(hello(node))
                data = b"".join(itertools.islice(frames, each))
                await visitor.send(data.replace(_NODE, node))
                await visitor.sync()
        await self.assert_well()
        print(f"{connections * each} good frames with nonsense")

    async def test_frames_may_be_cut_anywhere(self):
        rest = packet(HEARTBEAT) + message(
            "@<>+@atom+@str", atom("run") + b"\x04help", 1, data=MESSAGE | 1)
        for cut in range(1, len(hello(_NODE) + rest)):
            async with await Visitor.admitted(self.daemon) as visitor:
                # CAF may still know the node of the previous connection.
                whole = hello(new_node()) + rest
                await visitor.send(whole[:cut])
                await visitor.send(whole[cut:])
                await visitor.sync()
        await self.assert_well()
        print(f"{len(whole) - 1} cuts")
