"""Who gets to the operator's console, and who does not."""

import asyncio
import os
import struct
from types import SimpleNamespace

from cases import AsyncCase
from daemon import run
from operator_console import Operator
from raw import RawConnection
from waiting import eventually

# -- CAF's network protocol (BASP), as a stranger would speak it --------------

_LETTERS = " 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_CLIENT_HANDSHAKE, _DIRECT_MESSAGE = 1, 2


def _atom(text):
    value = 0xF
    for letter in text:
        value = (value << 6) | _LETTERS.index(letter)
    return struct.pack(">Q", value)


def _packet(operation, payload, flags=0, data=0, source=0, target=0):
    return struct.pack(">BBBBIQQQ", operation, 0, 0, flags, len(payload),
                       data, source, target) + payload


def client_handshake():
    """From a node that nobody knows."""
    node = _atom("default") + struct.pack(">I", os.getpid()) + os.urandom(20)
    return _packet(_CLIENT_HANDSHAKE, node)


def command_to(actor_id, command):
    """What an operator's process sends to its console session."""
    types = b"@<>+@atom+@str"
    text = command.encode()
    body = b"\0" + struct.pack(">H", 0) + bytes([len(types)]) + types \
        + _atom("run") + bytes([len(text)]) + text
    return _packet(_DIRECT_MESSAGE, body, data=1 << 62, source=1,
                   target=actor_id)


def console_of(daemon):
    """Where the console is, for raw connections."""
    host, port = daemon.console.rsplit(":", 1)
    return SimpleNamespace(host=host, port=int(port))


class ConsoleGateTest(AsyncCase):

    async def test_a_wrong_token_is_refused_with_exit_4(self):
        daemon = self.start_daemon()
        outcome = await daemon.command("console", "agents",
                                       VIBEFORGE_AUTH_TOKEN="wrong")
        self.assertEqual((outcome.status, outcome.stdout), (4, ""))
        self.assertIn("Invalid authentication token", outcome.stderr)
        outcome = await daemon.command("console", "agents",
                                       VIBEFORGE_AUTH_TOKEN=None)
        self.assertEqual((outcome.status, outcome.stdout), (4, ""))
        self.assertIn("No token", outcome.stderr)
        self.assertIn("console", await daemon.ask_console("actors"))

    async def test_no_console_is_exit_3(self):
        daemon = self.start_daemon(console="off")
        outcome = await daemon.command("console", "--console",
                                       "127.0.0.1:1", "agents")
        self.assertEqual(outcome.status, 3)
        self.assertIn("127.0.0.1:1", outcome.stderr)

    async def test_a_daemon_without_a_console_is_not_taken_for_another(self):
        daemon = self.start_daemon(console="off")
        outcome = await daemon.command("console", "agents")
        self.assertEqual((outcome.status, outcome.stdout), (3, ""))
        self.assertIn("has no console (--console off)", outcome.stderr)

    async def test_garbage_on_the_console_s_port_hurts_nobody(self):
        daemon = self.start_daemon()
        host, port = daemon.console.rsplit(":", 1)
        for data in (b"\0" * 1000, b"GET / HTTP/1.1\r\n\r\n",
                     b"\xff" * 72, b""):
            _, writer = await asyncio.open_connection(host, int(port))
            self.addCleanup(writer.transport.abort)
            writer.write(data)
        self.assertIn("console", await daemon.ask_console("actors"))

    async def test_a_stranger_cannot_speak_to_an_attached_operator_s_session(
            self):
        daemon = self.start_daemon()
        # How it was started may be warned of.
        await eventually(lambda: "listening on" in daemon.log(), "the start")
        warned = len(daemon.log_lines())
        async with Operator(daemon) as operator:
            self.assertIn("console-session", await operator.ask("actors"))
            async with await RawConnection.open(console_of(daemon)) as raw:
                # Whoever it is, no actor of ours is named to him, ...
                await raw.send_as_far_as_taken(client_handshake())
                for actor_id in range(1, 400):
                    await raw.send_as_far_as_taken(
                        command_to(actor_id, "kill-actor registry"))
                self.assertEqual(await raw.receive_all(), b"")
            # ... and nothing that he says reaches one, or the log.
            self.assertIn("registry", await operator.ask("actors"))
        self.assertNotIn("died", daemon.log())
        self.assertNotIn("unexpected", daemon.log())
        for line in daemon.log_lines()[warned:]:
            self.assertIn(line["level"], ("info", "debug"))

    async def test_who_waits_at_the_gate_does_not_keep_operators_out(self):
        daemon = self.start_daemon()
        for _ in range(10):
            raw = await RawConnection.open(console_of(daemon))
            self.addCleanup(raw.close)
        self.assertIn("console", await daemon.ask_console("actors"))

    async def test_it_can_be_had_on_loopback_alone(self):
        outcome = await run("serve", "--console", "0.0.0.0:0", "--listen",
                            "127.0.0.1:0")
        self.assertEqual(outcome.status, 2)
        self.assertIn("--console", outcome.stderr)
        self.assertIn("loopback", outcome.stderr)
