"""Why dispatches are refused while the store cannot write."""

import errno
import sqlite3

from explanations import Explaining, brings
from store_faults import StoreFaultCase
from store_files import connect


class StoreReasonsTest(Explaining, StoreFaultCase):

    async def check_store(self, daemon, reason):
        await self.check(daemon, reason, "agents", "a",
                         setting="store.durability", value="full",
                         says="POST /control/agents/*/dispatch")

    async def refused_for(self, daemon, reason):
        await self.refuse(daemon, reason)
        await self.check_store(daemon, reason)

    @brings("store_full")
    async def test_a_full_disk(self):
        daemon = self.on_failing_disk()
        await self.agent(daemon)
        self.disk.fail("w", errno.ENOSPC)
        await self.refused_for(daemon, "store_full")

    @brings("store_unknown", "store_read_only")
    async def test_a_disk_that_becomes_read_only(self):
        daemon = self.on_failing_disk()
        await self.agent(daemon)
        # The registration is on record by then, so that the dispatch is the
        # first to meet the failing disk.
        await self.accept(daemon)
        self.disk.fail("wst", errno.EROFS)
        answer = await self.send(daemon)
        self.assertEqual(answer.json["code"], "store_unknown", answer.body)
        await self.check_store(daemon, "store_unknown")
        await self.in_trouble(daemon, "store_read_only")
        await self.refused_for(daemon, "store_read_only")

    @brings("store_busy")
    async def test_another_program_with_the_write_lock(self):
        daemon = self.start()
        await self.agent(daemon)
        shell = sqlite3.connect(self.data / "store.db", isolation_level=None)
        self.addCleanup(shell.close)
        shell.execute("BEGIN IMMEDIATE")
        await self.refused_for(daemon, "store_busy")

    @brings("store_corrupt")
    async def test_a_damaged_file(self):
        with self.running():
            pass
        path = self.data / "store.db"
        with open(path, "r+b") as file:
            file.write(b"no header at all")
        daemon = self.start()
        await self.agent(daemon)
        await self.refused_for(daemon, "store_corrupt")

    @brings("store_newer")
    async def test_a_file_of_a_later_version(self):
        with self.running():
            pass
        with connect(self.data / "store.db") as db:
            version, = db.execute("PRAGMA user_version").fetchone()
            db.execute(f"PRAGMA user_version = {version + 1}")
        daemon = self.start()
        await self.agent(daemon)
        await self.refused_for(daemon, "store_newer")
