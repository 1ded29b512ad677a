"""SIGTERM: nobody new comes in, what is under way may end, all leave."""

import asyncio
import os
import signal
import socket
import ssl
import tempfile

import websockets

from bridge import Bridge
from cases import AsyncCase
from client import ControlSocket, dispatch
from daemon import Daemon
from events import EventStream
from raw import CLOSE, RawConnection, upgrade_text
from regression import fails_at
from waiting import Stopwatch, eventually, within


class ShutdownTest(AsyncCase):

    def start(self, *flags, **options):
        daemon = Daemon(*flags, **options).start()
        self.addCleanup(daemon.clean_up)
        self.addCleanup(daemon.kill)
        return daemon

    async def ends_well(self, daemon, deadline=15):
        await asyncio.to_thread(daemon.wait_for_end, deadline)

    @staticmethod
    async def is_draining(daemon):
        """True once whoever comes is told so."""
        async with await RawConnection.open(daemon) as raw:
            await raw.send("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
            return (await raw.receive_answer())[0] == 503

    async def test_an_idle_daemon_stops_at_once(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            daemon = self.start()
            watch = Stopwatch()
            daemon.signal(number)
            await self.ends_well(daemon)
            self.assertLess(watch.seconds, 2)

    async def test_bridges_and_programs_are_closed_with_1001(self):
        daemon = self.start()
        async with await Bridge.register(daemon, "a") as bridge, \
                await Bridge.connect(daemon) as unregistered, \
                await ControlSocket.open(daemon) as control:
            watch = Stopwatch()
            daemon.signal()
            self.assertEqual((await bridge.closed())[0], 1001)
            self.assertEqual((await control.closed())[0], 1001)
            # Whoever is closed before it has registered gives up for good: it
            # has time for it, and not for ever.
            self.assertEqual((await unregistered.closed())[0], 4001)
            await self.ends_well(daemon)
            self.assertLess(watch.seconds, 4)

    async def test_streams_and_idle_connections_do_not_hold_it_up(self):
        daemon = self.start()
        async with await Bridge.register(daemon, "a"), \
                await EventStream.open(daemon, "a") as stream, \
                await RawConnection.open(daemon), \
                await RawConnection.upgraded(daemon, receive_buffer=4096):
            await stream.next()
            daemon.signal()
            with self.assertRaises(EOFError):
                await stream.until("never")
            await self.ends_well(daemon)

    async def test_a_peer_that_ignores_the_close_does_not_hold_it_up(self):
        daemon = self.start()
        async with await RawConnection.registered(daemon, "deaf"):
            daemon.signal()
            await self.ends_well(daemon, 15)

    async def test_the_daemon_s_file_is_gone_afterwards(self):
        daemon = self.start()
        daemon.signal()
        await self.ends_well(daemon)
        self.assertFalse((daemon.directory / "daemon.json").exists())

    # -- draining -------------------------------------------------------------

    async def test_a_pending_dispatch_is_waited_for(self):
        daemon = self.start()
        async with await Bridge.register(daemon, "a") as bridge, \
                await ControlSocket.open(daemon) as control:
            await control.dispatch("d", "a")
            task = await bridge.receive_dispatch()
            waiting = asyncio.create_task(
                dispatch(daemon, "a", query="?wait=15"))
            second = await bridge.receive_dispatch()
            daemon.signal()
            await eventually(lambda: self.is_draining(daemon), "the drain")
            # Everything else goes on as before.
            await bridge.sync()
            await bridge.progress(task["message_id"])
            await bridge.respond(task["message_id"], "in the end")
            answer = await control.result("d")
            self.assertEqual((answer["type"], answer["content"]),
                             ("response", "in the end"))
            self.assertTrue(daemon.is_running() and bridge.is_open())
            await bridge.respond(second["message_id"], "me too")
            self.assertEqual((await waiting).json["content"], "me too")
            self.assertEqual((await bridge.closed())[0], 1001)
            await self.ends_well(daemon)

    async def test_nobody_new_is_let_in_meanwhile(self):
        daemon = self.start()
        async with await Bridge.register(daemon, "a") as bridge, \
                await ControlSocket.open(daemon) as control, \
                await RawConnection.open(daemon) as kept, \
                await RawConnection.open(daemon) as also_kept:
            for raw in (kept, also_kept):
                await raw.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
                await raw.receive_answer()
            await control.dispatch("d", "a")
            await bridge.receive_dispatch()
            daemon.signal()
            await eventually(lambda: self.is_draining(daemon), "the drain")
            # Over a connection that was there before: not now, but later.
            await kept.send(upgrade_text("/ws/agent-bridge"))
            status, headers, _ = await kept.receive_answer()
            self.assertEqual(status, 503)
            self.assertIn("retry-after", headers)
            body = '{"content":"x"}'
            await also_kept.send(
                "POST /control/agents/a/dispatch HTTP/1.1\r\nHost: x\r\n"
                f"X-Auth-Token: {daemon.token}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}")
            self.assertEqual((await also_kept.receive_answer())[0], 503)
            await control.dispatch("late", "a")
            answer = await control.result("late")
            self.assertEqual((answer["type"], answer["code"]),
                             ("error", "draining"))
            with self.assertRaises(websockets.InvalidStatusCode) as refused:
                await Bridge.connect(daemon)
            self.assertEqual(refused.exception.status_code, 503)
            daemon.signal()
            await self.ends_well(daemon)

    async def test_a_second_signal_cuts_the_wait(self):
        daemon = self.start()
        async with await Bridge.register(daemon, "a") as bridge, \
                await ControlSocket.open(daemon) as control:
            await control.dispatch("d", "a")
            await bridge.receive_dispatch()
            daemon.signal()
            await eventually(lambda: self.is_draining(daemon), "the drain")
            await bridge.sync()
            self.assertTrue(daemon.is_running())
            watch = Stopwatch()
            daemon.signal()
            await self.assert_ends_as_lost(control, bridge)
            await self.ends_well(daemon)
            self.assertLess(watch.seconds, 5)

    async def test_the_wait_has_an_end(self):
        daemon = self.start("--drain-timeout", "0.5")
        async with await Bridge.register(daemon, "a") as bridge, \
                await ControlSocket.open(daemon) as control:
            await control.dispatch("d", "a")
            await bridge.receive_dispatch()
            waiting = asyncio.create_task(
                dispatch(daemon, "a", query="?wait=15"))
            await bridge.receive_dispatch()
            watch = Stopwatch()
            daemon.signal()
            await self.assert_ends_as_lost(control, bridge)
            answer = await within(waiting, "the answer over HTTP")
            self.assertEqual((answer.json["status"], answer.json["reason"]),
                             ("error", "draining"))
            await self.ends_well(daemon)
            self.assertGreater(watch.seconds, 0.4)

    async def assert_ends_as_lost(self, control, bridge):
        """The client hears why before its socket is closed."""
        answer = await control.result("d")
        self.assertEqual((answer["type"], answer["code"]),
                         ("error", "draining"))
        self.assertEqual((await bridge.closed())[0], 1001)
        self.assertEqual((await control.closed())[0], 1001)


class _TlsConnection:
    """A blocking connection whose handshake can wait."""

    def __init__(self, daemon):
        context = ssl.create_default_context(
            cafile=str(daemon.directory / "tls-certificate.pem"))
        self._socket = context.wrap_socket(
            socket.create_connection((daemon.host, daemon.port), timeout=15),
            server_hostname="127.0.0.1", do_handshake_on_connect=False)

    def shake_hands(self):
        self._socket.do_handshake()
        return self

    def upgrade(self, daemon):
        self._socket.sendall(upgrade_text("/ws/control", daemon.token))
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self._socket.recv(1)
        assert b" 101 " in head, head
        return self

    def receive_close(self):
        """Waits for a close frame, which it leaves unanswered."""
        assert self._socket.recv(1)[0] & 0x0F == CLOSE

    def is_cut(self):
        """Whether the daemon ends the connection without an answer."""
        try:
            self._socket.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            return self._socket.recv(1) == b""
        except (ConnectionError, ssl.SSLError):
            return True

    def close(self):
        self._socket.close()


class BoundedEndTest(AsyncCase):

    def start(self, *flags, **options):
        daemon = Daemon(*flags, **options).start()
        self.addCleanup(daemon.clean_up)
        self.addCleanup(daemon.kill)
        return daemon

    @fails_at("8bd27b6")
    async def test_a_handshake_that_ends_late_does_not_hang_the_end(self):
        daemon = self.start("--tls-self-signed")
        late = [_TlsConnection(daemon) for _ in range(3)]
        deaf = await asyncio.to_thread(
            lambda: _TlsConnection(daemon).shake_hands().upgrade(daemon))
        self.addCleanup(deaf.close)
        for each in late:
            self.addCleanup(each.close)
        daemon.signal()
        # Now clients are being dismissed, and this one answers no close.
        await asyncio.to_thread(deaf.receive_close)
        for each in late:
            with self.subTest(each):
                try:
                    await asyncio.to_thread(each.shake_hands)
                except (ConnectionError, ssl.SSLError):
                    continue
                self.assertTrue(await asyncio.to_thread(each.is_cut))
        await asyncio.to_thread(daemon.wait_for_end, 20)

    @fails_at("8bd27b6")
    async def test_an_end_that_hangs_is_cut_and_the_log_says_who_was_left(
            self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        audit = os.path.join(directory.name, "audit.log")
        daemon = self.start("--audit-log", audit,
                            BRIDGEKEEPER_SHUTDOWN_END_TIMEOUT="2")
        # A pipe that nobody reads takes the log's place: opening it blocks.
        os.rename(audit, audit + ".1")
        os.mkfifo(audit)
        async with await RawConnection.open(daemon) as raw:
            await raw.send("POST /control/sessions HTTP/1.1\r\nHost: x\r\n"
                           f"X-Auth-Token: {daemon.token}\r\n"
                           "Content-Length: 0\r\n\r\n")
            await raw.receive_answer()
        daemon.signal()
        self.assertEqual(
            await asyncio.to_thread(daemon.process.wait, 20), 1)
        self.assertRegex(daemon.log(), "cannot stop cleanly.*audit-trail")
        self.assertFalse((daemon.directory / "daemon.json").exists())
