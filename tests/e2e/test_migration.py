"""Daemons that have to convert the store of an earlier version, which takes
long."""

import re
import ssl

import websockets

from bridge import Bridge
from client import get, post, record
from daemon import Daemon
from store_faults import SHIM, FailingDisk, StoreFaultCase
from store_files import connect, dispatch_id, make_store, schema
from waiting import eventually

# The backup of the store is the first thing that a migration writes.
BACKUP = "store.db.v1.backup"
NEWEST = schema()[1]
REASON = f"the store is being converted from version 1 to {NEWEST}"


class MigrationTest(StoreFaultCase):

    def setUp(self):
        super().setUp()
        if not SHIM:
            self.skipTest("E2E_FAILING_DISK names no library")
        make_store(self.data, dispatches=3, version=1)
        self.disk = FailingDisk(self.folder)

    async def migrating(self, *flags):
        """A daemon that does not get on with its migration before `heal`."""
        self.disk.hold("w", BACKUP + "*")
        daemon = Daemon(*flags, directory=self.data, logs=self.folder,
                        **self.disk.variables).launch()
        self.addCleanup(daemon.kill)

        def address():
            return re.search(r"are answered on ([0-9.]+):([0-9]+)",
                             daemon.log())
        found = await eventually(address, "the address of the daemon")
        daemon.host, daemon.port = found[1], int(found[2])
        return daemon

    async def check_unavailable(self, answer):
        self.assertEqual(answer.status, 503, answer.body)
        self.assertEqual(answer.headers["retry-after"], "5")
        self.assertEqual(answer.json["code"], "unavailable")
        self.assertEqual(answer.error, {"detail": REASON})

    async def check_migrating(self, daemon):
        answer = await get(daemon, "/livez", token=False)
        self.assertEqual((answer.status, answer.json), (200, {"status": "ok"}))
        answer = await get(daemon, "/readyz", token=False)
        self.assertEqual(answer.status, 503, answer.body)
        self.assertIn("retry-after", answer.headers)
        self.assertEqual(answer.error,
                         {"status": "unavailable", "detail": REASON})
        for path in ("/control/agents", "/health", "/nothing",
                     "/ws/agent-bridge"):
            await self.check_unavailable(await get(daemon, path))
        await self.check_unavailable(
            await post(daemon, "/control/agents/shop-1/dispatch",
                       {"content": "a task"}))
        with self.assertRaises(websockets.InvalidStatusCode) as refused:
            await Bridge.connect(daemon, "shop-1")
        self.assertEqual(refused.exception.status_code, 503)
        self.assertEqual(refused.exception.headers["retry-after"], "5")

    async def check_serves(self, daemon):
        """On the same port, and with what the store had."""
        port = daemon.port
        self.disk.heal()
        await self.recovered(daemon)
        self.assertEqual(daemon.port, port)
        found = await record(daemon, dispatch_id(1))
        self.assertEqual(found["state"], "completed")
        async with await Bridge.register(daemon, "shop-1") as bridge:
            frame = await bridge.receive_dispatch()
            self.assertEqual(frame["content"], "a task")
        with connect(self.data / "store.db") as db:
            version, = db.execute("PRAGMA user_version").fetchone()
        self.assertEqual(version, NEWEST)
        self.assertTrue((self.data / BACKUP).exists())

    async def test_it_says_that_it_is_not_ready_and_then_serves(self):
        daemon = await self.migrating()
        self.assertFalse((self.data / "daemon.json").exists())
        await self.check_migrating(daemon)
        await self.check_serves(daemon)
        daemon.signal()
        daemon.wait_for_end()

    async def test_it_does_the_same_with_tls(self):
        daemon = await self.migrating("--tls-self-signed")
        daemon.tls = ssl.create_default_context(
            cafile=str(self.data / "tls-certificate.pem"))
        await self.check_migrating(daemon)
        await self.check_serves(daemon)
        self.assertEqual((self.folder / "stdout.log").read_text()
                         .count("SHA-256 fingerprint"), 1)

    async def test_a_signal_to_end_is_obeyed_after_the_migration(self):
        daemon = await self.migrating()
        daemon.signal()
        await self.check_migrating(daemon)
        self.disk.heal()
        daemon.wait_for_end()
        daemon = await self.given_ready()
        self.assertNotIn("converting", daemon.log().split("stopped")[-1])

    async def given_ready(self):
        daemon = self.start()
        await self.recovered(daemon)
        return daemon

    async def test_an_address_in_use_ends_the_start_as_usual(self):
        other = Daemon().start()
        self.addCleanup(other.stop)
        daemon = Daemon(listen=f"127.0.0.1:{other.port}", directory=self.data,
                        logs=self.folder).launch()
        self.addCleanup(daemon.kill)
        self.assertEqual(daemon.process.wait(20), 1)
        self.assertIn("Another program is listening there", daemon.log())
        # Nothing was converted.
        with connect(self.data / "store.db") as db:
            version, = db.execute("PRAGMA user_version").fetchone()
        self.assertEqual(version, 1)
