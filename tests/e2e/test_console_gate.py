"""Who gets to the operator's console, and who does not."""

import asyncio

from basp import (CLIENT_HANDSHAKE, DIRECT, MESSAGE, SERVER_HANDSHAKE,
                  Visitor, command_to, console_of, header, hello)
from cases import AsyncCase
from daemon import run
from operator_console import Operator
from raw import RawConnection
from regression import fails_at


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
        await daemon.logs("listening on")
        warned = len(daemon.log_lines())
        async with Operator(daemon) as operator:
            self.assertIn("console-session", await operator.ask("actors"))
            async with await RawConnection.open(console_of(daemon)) as raw:
                # Whoever it is, no actor of ours is named to him, ...
                await raw.send_as_far_as_taken(hello())
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

    @fails_at("8bd27b6")
    async def test_silent_visitors_do_not_keep_operators_out(self):
        daemon = self.start_daemon()
        for _ in range(200):
            raw = await RawConnection.open(console_of(daemon))
            self.addCleanup(raw.close)
        self.assertIn("console", await daemon.ask_console("actors"))

    # -- with a token -----------------------------------------------------------

    @fails_at("8bd27b6")
    async def test_a_handshake_without_payload_does_not_end_the_daemon(self):
        daemon = self.start_daemon()
        async with Operator(daemon) as operator:
            for operation in (SERVER_HANDSHAKE, CLIENT_HANDSHAKE):
                async with await Visitor.admitted(daemon) as visitor:
                    await visitor.send(header(operation, 0, data=1))
                    await visitor.closed()
            self.assertIn("registry", await operator.ask("actors"))
        await daemon.logs("an operator's console was disconnected")

    @fails_at("8bd27b6")
    async def test_a_header_that_announces_much_takes_no_memory(self):
        daemon = self.start_daemon()
        announced = 512 * 1024 * 1024
        daemon.forget_peak_memory()
        before = daemon.memory("VmHWM")
        async with await Visitor.admitted(daemon) as visitor:
            await visitor.send(hello())
            await visitor.send(header(DIRECT, announced, data=MESSAGE,
                                      source=1, target=1))
            # Where it is believed, the daemon waits for that much.
            await visitor.send(bytes(64 * 1024))
            await visitor.closed()
        self.assertLess(daemon.memory("VmHWM") - before, announced // 8)
        self.assertIn("console", await daemon.ask_console("actors"))

    async def test_it_can_be_had_on_loopback_alone(self):
        outcome = await run("serve", "--console", "0.0.0.0:0", "--listen",
                            "127.0.0.1:0")
        self.assertEqual(outcome.status, 2)
        self.assertIn("--console", outcome.stderr)
        self.assertIn("loopback", outcome.stderr)
