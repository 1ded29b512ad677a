"""What users see while the daemon's store cannot write."""

import asyncio
import errno
import sqlite3

from client import ControlSocket, post
from daemon import TOKEN, run
from store_faults import MIB, SmallDisk, StoreFaultCase
from waiting import Stopwatch, eventually

BALLAST = 32 << 20


class FullDiskTest(StoreFaultCase):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.small = SmallDisk(self, 48)
        self.data = self.small.path / "data"
        self.data.mkdir()
        self.daemon = self.start(VIBEFORGE_RATE_LIMIT_AGENT_PER_MIN="12",
                                 VIBEFORGE_SESSION_COST_LIMIT_USD="1",
                                 VIBEFORGE_COST_PER_1K_TOKENS_USD="0.01",
                                 BRIDGEKEEPER_COST_RESERVATION_USD="0.01")
        self.bridge = await self.agent(self.daemon)
        self.control = await self.given(await ControlSocket.open(self.daemon))
        self.held = await self.accept(self.daemon)
        await self.bridge.receive_dispatch()

    async def test_a_store_in_memory_is_warned_of(self):
        self.assertIn(f"the store {self.data}/store.db is on a file system in "
                      "memory and does not survive a power failure",
                      self.daemon.log())

    async def fill(self):
        """Fills the disk; returns how many dispatches were accepted until the
        daemon had noticed."""
        self.small.fill()
        accepted = 0
        while True:
            answer = await self.send(self.daemon)
            if answer.status != 200:
                break
            accepted += 1
        self.assertEqual((answer.status, answer.json["code"]),
                         (503, "store_full"), answer.body)
        return accepted

    async def reserved(self):
        await self.control.ask("costs", "c")
        return (await self.control.next("c"))["costs"]["reserved_usd"]

    async def test_new_work_is_refused_and_accepted_work_ends(self):
        await self.control.dispatch("h", "a", "held as well")
        too = (await self.bridge.receive_dispatch())["message_id"]
        accepted = await self.fill()
        body = await self.in_trouble(self.daemon, "store_full")
        self.assertEqual(body["detail"],
                         "The disk with the data directory is full")
        # It is there for moments, when the daemon tries to restore it.
        await eventually(
            lambda: not (self.data / "store.db.ballast").exists(),
            "the ballast's end")
        # Over /ws/control and on the command line, too.
        await self.control.dispatch("w", "a", "from a program")
        self.refused.add("from a program")
        answer = await self.control.result("w")
        self.assertEqual((answer["type"], answer["code"]),
                         ("error", "store_full"), answer)
        outcome = await self.daemon.command("dispatch", "a", "from a shell")
        self.refused.add("from a shell")
        self.assertEqual(outcome.status, 5, outcome)
        self.assertIn("The disk with the data directory is full",
                      outcome.stderr)
        # Nothing of them reaches the bridge, which stays connected.
        for _ in range(accepted):
            await self.bridge.receive_dispatch()
        await self.bridge.sync()
        # Reads go on.
        outcome = await self.daemon.command("dispatches")
        self.assertEqual(outcome.status, 0, outcome)
        self.assertIn(self.held[-8:], outcome.stdout)
        # The end of accepted work fits in where the ballast was.
        await self.bridge.respond(self.held, "the answer",
                                  usage={"cost_usd": 0.25})
        self.assertEqual(await self.ended(self.daemon, self.held),
                         "the answer")
        await self.bridge.respond(too, "the other one")
        answer = await self.control.result("h")
        self.assertEqual((answer["type"], answer["content"]),
                         ("response", "the other one"), answer)
        outcome = await self.daemon.command("result", self.held)
        self.assertEqual((outcome.status, outcome.stdout),
                         (0, "the answer\n"), outcome)
        await self.refuse(self.daemon, "store_full")
        # Room is made: no restart is needed.
        self.small.make_room()
        await self.recovered(self.daemon)
        self.assertEqual(
            (self.data / "store.db.ballast").stat().st_size, BALLAST)
        await self.accept(self.daemon)
        await self.bridge.receive_dispatch()
        await self.daemon.logs("the store can be written again")
        await self.check_promises(self.daemon)

    async def test_what_is_refused_takes_nothing_from_the_limits(self):
        accepted = await self.fill()
        for _ in range(30):
            await self.refuse(self.daemon, "store_full")
        self.assertAlmostEqual(await self.reserved(), 0.01 * (1 + accepted))
        self.small.make_room()
        await self.recovered(self.daemon)
        for _ in range(12 - 1 - accepted):
            await self.accept(self.daemon)
        self.assertEqual((await self.send(self.daemon)).status, 429)

    async def test_a_vacuum_that_would_fill_the_disk_does_not_start(self):
        self.small.fill_up_to(MIB)
        answer = await post(self.daemon, "/control/store/vacuum", {})
        self.assertEqual(answer.status, 503, answer.body)
        self.assertRegex(
            answer.json["detail"], "The vacuum needs [2-9] MiB of free space "
            rf"in {self.data}, and only [01] MiB are free\. Make room and try "
            "again\.")
        outcome = await run("store", "vacuum", "--data-dir", str(self.data),
                            BRIDGEKEEPER_TOKEN=TOKEN)
        self.assertEqual(outcome.status, 1)
        self.assertIn("Make room and try again.", outcome.stderr)
        await self.accept(self.daemon)
        self.small.make_room()
        answer = await post(self.daemon, "/control/store/vacuum", {})
        self.assertEqual(answer.status, 200, answer.body)

    async def test_a_daemon_starts_where_the_ballast_was(self):
        await self.bridge.respond(self.held, "the answer")
        await self.ended(self.daemon, self.held)
        self.daemon.signal()
        self.daemon.wait_for_end()
        self.small.fill()
        self.daemon = self.start()
        await self.in_trouble(self.daemon, "store_full")
        await self.agent(self.daemon)
        await self.refuse(self.daemon, "store_full")
        self.assertEqual(await self.ended(self.daemon, self.held),
                         "the answer")
        self.small.make_room()
        await self.recovered(self.daemon)
        await self.accept(self.daemon)
        await self.check_promises(self.daemon)


class BrokenDiskTest(StoreFaultCase):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.daemon = self.on_failing_disk()
        self.seen = await self.worker(self.daemon, "worker")
        self.bridge = await self.agent(self.daemon)
        self.held = await self.accept(self.daemon)
        await self.bridge.receive_dispatch()

    async def settle(self, answer, key):
        """Repeats a request until it is known what became of it."""
        while answer.status != 200:
            self.assertEqual(answer.status, 503, answer.body)
            answer = await self.send(self.daemon, "worker", key, answer.text)
        self.assertEqual(
            await self.ended(self.daemon, answer.json["message_id"]),
            answer.text)

    async def check_fault(self, calls, file, skip, count):
        """Three dispatches at once while the disk fails."""
        self.disk.fail(calls, errno.EIO, file, skip, count)
        watch = Stopwatch()
        keys = [f"key {calls} {file} {skip} {count} {i}" for i in range(3)]
        answers = await asyncio.gather(
            *(self.send(self.daemon, "worker", key) for key in keys))
        self.assertLess(watch.seconds, 10)
        for x in answers:
            if x.status != 200:
                self.assertEqual(x.status, 503)
                # The second if the key of the request could not be looked up.
                self.assertIn(x.json.get("code"), ("store_unknown", None),
                              x.body)
        await self.recovered(self.daemon)
        for answer, key in zip(answers, keys):
            await self.settle(answer, key)

    async def test_one_io_error_anywhere_loses_and_repeats_nothing(self):
        faults = [(calls, "store.db-wal", skip, count)
                  for calls in ("w", "s")
                  for skip, count in ((0, 1), (1, 1), (2, 1), (0, 3))]
        # Also while the file is opened again and gets what is in the WAL.
        faults += [(calls, "store.db*", 1, 3)
                   for calls in ("w", "s", "ws", "t")]
        for fault in faults:
            with self.subTest(fault):
                await self.check_fault(*fault)
        await self.daemon.logs("reports errors", 6)
        # Each task has reached the bridge once, whatever was answered.
        self.assertEqual(len(self.seen), len(set(self.seen)))
        self.assertTrue(self.bridge.is_open())
        await self.check_promises(self.daemon)

    async def test_a_disk_with_errors_leaves_what_it_got_open(self):
        self.disk.fail("ws", errno.EIO)
        watch = Stopwatch()
        answer = await self.send(self.daemon, "worker", "key")
        self.assertEqual((answer.status, answer.json["code"]),
                         (503, "store_unknown"), answer.body)
        self.assertLess(watch.seconds, 10)
        body = await self.in_trouble(self.daemon, "store_unknown")
        self.assertEqual(body["detail"], "The disk with the data directory "
                                         "reports errors")
        # An end is not told before it is on record.
        await self.outcome_waits_for_the_disk()
        await self.settle(answer, "key")
        self.assertEqual(self.seen, [answer.text])
        await self.check_promises(self.daemon)

    async def outcome_waits_for_the_disk(self):
        """The bridge responds; that is told when the disk works again."""
        await self.bridge.respond(self.held, "the answer")
        await self.bridge.sync()
        await self.check_open(self.daemon, self.held)
        self.disk.heal()
        await self.recovered(self.daemon)
        self.assertEqual(await self.ended(self.daemon, self.held),
                         "the answer")

    async def test_a_disk_that_becomes_read_only_is_named(self):
        self.disk.fail("wst", errno.EROFS)
        # The commit in which it is noticed may still be on the disk.
        answer = await self.send(self.daemon)
        self.assertEqual((answer.status, answer.json["code"]),
                         (503, "store_unknown"), answer.body)
        body = await self.in_trouble(self.daemon, "store_read_only")
        self.assertEqual(body["detail"], "The store's file cannot be written")
        await self.refuse(self.daemon, "store_read_only")
        await self.outcome_waits_for_the_disk()
        await self.accept(self.daemon)
        await self.check_promises(self.daemon)

    async def test_without_ballast_ends_wait_until_there_is_room(self):
        self.disk.fail("w", errno.ENOSPC)
        await self.refuse(self.daemon, "store_full")
        await self.in_trouble(self.daemon, "store_full")
        await self.outcome_waits_for_the_disk()
        await self.check_promises(self.daemon)


class LockedStoreTest(StoreFaultCase):

    async def test_a_shell_that_holds_the_write_lock_is_waited_for(self):
        daemon = self.start()
        bridge = await self.agent(daemon)
        held = await self.accept(daemon)
        await bridge.receive_dispatch()
        shell = sqlite3.connect(self.data / "store.db", isolation_level=None)
        self.addCleanup(shell.close)
        # A short lock is not noticed.
        shell.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(self.send(daemon))
        await bridge.sync()
        shell.execute("ROLLBACK")
        self.assertEqual((await waiting).status, 200)
        await bridge.receive_dispatch()
        # A long one is.
        shell.execute("BEGIN IMMEDIATE")
        watch = Stopwatch()
        await self.refuse(daemon, "store_busy")
        self.assertGreater(watch.seconds, 1.8)
        self.assertLess(watch.seconds, 10)
        body = await self.in_trouble(daemon, "store_busy")
        self.assertEqual(body["detail"],
                         "Another program holds the store's write lock")
        await daemon.logs("Another program holds the store's write lock")
        outcome = await daemon.command("result", held)
        self.assertIn(held[-8:], outcome.stdout + outcome.stderr)
        await bridge.respond(held, "the answer")
        await bridge.sync()
        await self.check_open(daemon, held)
        shell.execute("ROLLBACK")
        await self.recovered(daemon)
        self.assertEqual(await self.ended(daemon, held), "the answer")
        await self.accept(daemon)
        shell.close()
        await self.check_promises(daemon)
