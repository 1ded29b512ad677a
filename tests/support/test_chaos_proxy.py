"""The chaos proxy, on a server that echoes."""

import asyncio
import itertools
import unittest
from unittest import mock
from urllib.parse import urlsplit

from chaos_proxy import ChaosProxy, FAULTS, Watch, read_frame, schedule

_DEADLINE = 15


class ChaosProxyTest(unittest.IsolatedAsyncioTestCase):

    async def asyncSetUp(self):
        self.heard, self.writers = [], []
        self.server = await asyncio.start_server(self._echo, "127.0.0.1", 0)
        self.addAsyncCleanup(self.server.wait_closed)
        self.addCleanup(self.server.close)
        self.proxy = await self.enterAsyncContext(
            ChaosProxy(self.server.sockets[0].getsockname(), seed=1))

    async def _echo(self, reader, writer):
        heard = bytearray()
        self.heard.append(heard)
        self.writers.append(writer)
        try:
            while data := await reader.read(1024):
                heard += data
                writer.write(data)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def connect(self):
        url = urlsplit(self.proxy.url)
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        self.addCleanup(writer.transport.abort)
        return reader, writer

    async def echoed(self, peer, data):
        peer[1].write(data)
        return await self.read(peer, len(data))

    async def read(self, peer, size):
        return await asyncio.wait_for(peer[0].readexactly(size), _DEADLINE)

    async def test_what_is_sent_arrives(self):
        peer = await self.connect()
        self.assertEqual(await self.echoed(peer, b"hello"), b"hello")
        self.assertEqual((self.proxy.connections, self.proxy.links), (1, 1))

    async def test_a_cut_is_a_reset(self):
        peer = await self.connect()
        await self.echoed(peer, b"hello")
        self.proxy.cut()
        with self.assertRaises(ConnectionError):
            await asyncio.wait_for(peer[0].read(1), _DEADLINE)
        again = await self.connect()
        self.assertEqual(await self.echoed(again, b"again"), b"again")

    async def test_refused_connections_are_reset_until_they_are_accepted(self):
        self.proxy.refuse()
        with self.assertRaises((ConnectionError, asyncio.IncompleteReadError)):
            await self.echoed(await self.connect(), b"x")
        self.assertEqual(self.heard, [])
        self.proxy.accept()
        self.assertEqual(await self.echoed(await self.connect(), b"y"), b"y")

    def refuse_after(self, connections):
        """The proxy begins to refuse while it makes so many connections to the
        daemon, too late for the last one to fail by itself."""
        connect, left = asyncio.open_connection, [connections]

        async def then_refuse(*target):
            made = await connect(*target)
            left[0] -= 1
            if left[0] == 0:
                self.proxy.refuse()
            return made
        self.enterContext(mock.patch("asyncio.open_connection", then_refuse))

    async def waiting_peer(self):
        """One for whom the proxy has not connected to the daemon yet."""
        target, self.proxy.target = self.proxy.target, None
        peer = await self.connect()
        while self.proxy.connections < 1:
            await asyncio.sleep(0.01)
        return peer, target

    async def test_a_connection_that_is_being_made_is_refused(self):
        peer, target = await self.waiting_peer()
        peer[1].write(b"hello")
        self.refuse_after(1)
        self.proxy.target = target
        with self.assertRaises(ConnectionError):
            await self.read(peer, 1)
        self.assertEqual((b"".join(self.heard), self.proxy.links), (b"", 0))

    async def test_a_connection_that_waits_for_a_target_is_refused(self):
        peer, target = await self.waiting_peer()
        self.proxy.refuse()
        self.proxy.target = target
        with self.assertRaises(ConnectionError):
            await self.read(peer, 1)
        self.assertEqual((b"".join(self.heard), self.proxy.links), (b"", 0))

    async def test_a_second_registration_that_is_being_made_is_refused(self):
        self.proxy.duplicates_registrations = True
        upgrade = b"GET / HTTP/1.1\r\n\r\n"
        peer, target = await self.waiting_peer()
        peer[1].write(upgrade + b"\x81\x85\x00\x00\x00\x00hello")
        self.refuse_after(2)
        self.proxy.target = target
        with self.assertRaises(ConnectionError):
            await self.read(peer, len(upgrade) + 1)
        self.assertEqual((b"".join(self.heard), self.proxy.links),
                         (upgrade, 0))

    async def test_nothing_passes_a_stalled_proxy_and_nothing_is_lost(self):
        peer = await self.connect()
        await self.echoed(peer, b"one")
        self.proxy.stall()
        peer[1].write(b"two")
        other = await self.connect()
        while self.proxy.links < 2:
            await asyncio.sleep(0.01)
        self.assertEqual(bytes(self.heard[0]), b"one")
        self.proxy.flow()
        self.assertEqual(await self.read(peer, 3), b"two")
        self.assertEqual(await self.echoed(other, b"x"), b"x")

    async def test_half_a_connection_is_closed(self):
        peer = await self.connect()
        await self.echoed(peer, b"one")
        self.proxy.half_close()
        self.assertEqual(await asyncio.wait_for(peer[0].read(), _DEADLINE), b"")
        peer[1].write(b"two")
        while bytes(self.heard[0]) != b"onetwo":
            await asyncio.sleep(0.01)

    async def test_delayed_data_arrives_in_order(self):
        self.proxy.longest_delay = 0.02
        peer = await self.connect()
        sent = b"".join(b"%d," % n for n in range(200))
        for n in range(200):
            peer[1].write(b"%d," % n)
        self.assertEqual(await self.read(peer, len(sent)), sent)

    async def test_a_registration_is_sent_twice(self):
        self.proxy.duplicates_registrations = True
        upgrade = b"GET / HTTP/1.1\r\n\r\n"
        frame = b"\x81\x85\x00\x00\x00\x00hello"
        peer = await self.connect()
        peer[1].write(upgrade)
        self.assertEqual(await self.read(peer, len(upgrade)), upgrade)
        self.assertEqual(await self.echoed(peer, frame), frame)
        self.assertEqual(await self.echoed(peer, b"more"), b"more")
        self.assertEqual([bytes(x) for x in self.heard],
                         [upgrade + frame + b"more", upgrade + frame])
        self.assertEqual(self.proxy.duplicates, 1)

    async def test_connections_wait_while_there_is_no_target(self):
        target, self.proxy.target = self.proxy.target, None
        peer = await self.connect()
        peer[1].write(b"hello")
        while self.proxy.connections < 1:
            await asyncio.sleep(0.01)
        self.assertEqual((self.heard, self.proxy.links), ([], 0))
        self.proxy.target = target
        self.assertEqual(await self.read(peer, 5), b"hello")

    async def watched(self):
        """A connection through a proxy of its own, and what its watch was
        told."""
        told = []

        class Listener(Watch):
            def sent_by_bridge(self, data):
                told.append(("bridge", data))

            def sent_by_daemon(self, data):
                told.append(("daemon", data))

            def ended(self, by_daemon):
                told.append(("end", by_daemon))

        self.proxy = await self.enterAsyncContext(
            ChaosProxy(self.proxy.target, watch=Listener))
        peer = await self.connect()
        await self.echoed(peer, b"hello")
        self.assertEqual(told, [("bridge", b"hello"), ("daemon", b"hello")])
        return peer, told

    async def ended(self, told):
        while len(told) < 3:
            await asyncio.sleep(0.01)
        return told[2]

    async def test_a_watch_is_told_of_an_end_by_the_bridge(self):
        peer, told = await self.watched()
        peer[1].close()
        self.assertEqual(await self.ended(told), ("end", False))

    async def test_a_watch_is_told_of_an_end_by_the_daemon(self):
        peer, told = await self.watched()
        for writer in self.writers:
            writer.close()
        self.assertEqual(await asyncio.wait_for(peer[0].read(), _DEADLINE), b"")
        peer[1].close()
        self.assertEqual(await self.ended(told), ("end", True))

    async def test_a_watch_is_told_of_a_cut(self):
        _, told = await self.watched()
        self.proxy.cut()
        self.assertEqual(await self.ended(told), ("end", False))

    async def test_frames_of_every_length_are_read(self):
        for length, head in ((5, b"\x81\x05"), (126, b"\x81\x7e\x00\x7e"),
                             (70_000, b"\x81\x7f" + (70_000).to_bytes(8, "big"))):
            reader = asyncio.StreamReader(limit=1 << 20)
            frame = head + bytes(length)
            reader.feed_data(frame + b"next")
            self.assertEqual(await read_frame(reader), frame)

    async def test_the_seed_decides_the_faults(self):
        def first(seed):
            return list(itertools.islice(schedule(seed), 100))
        self.assertEqual(first(7), first(7))
        self.assertNotEqual(first(7), first(8))
        self.assertEqual({fault for _, fault, _ in first(7)}, set(FAULTS))

    async def test_all_flows_again_after_the_faults(self):
        await self.connect()
        await asyncio.wait_for(self.proxy.misbehave(3, 12, 0.05), _DEADLINE)
        peer = await self.connect()
        self.assertEqual(await self.echoed(peer, b"hello"), b"hello")
