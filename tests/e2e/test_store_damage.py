"""Daemons that find a store that they cannot use: damaged, another one's, in
use, or of a later version."""

import asyncio
import json
import random
import shutil

from bridge import Bridge
from client import get, record
from daemon import Daemon
from store_faults import StoreFaultCase
from store_files import PAGE, connect, dispatch_id, make_store

DISPATCHES = 400


class DamagedFileTest(StoreFaultCase):

    def setUp(self):
        super().setUp()
        self.path = make_store(self.data, DISPATCHES, content="a task " * 50)
        self.whole = self.folder / "whole.db"
        shutil.copy(self.path, self.whole)

    def damage(self, pages, size=PAGE):
        """Overwrites pages, which count from 1, of a file that was whole."""
        for file in self.data.glob("store.db*"):
            file.unlink()
        shutil.copy(self.whole, self.path)
        self.path.chmod(0o600)
        noise = random.Random(str(pages))
        with open(self.path, "r+b") as file:
            for page in pages:
                file.seek((page - 1) * PAGE)
                file.write(noise.randbytes(size))

    def pages(self, is_schema):
        """Those that say what tables there are, or all others."""
        with connect(self.whole) as db:
            return [x for x, in db.execute(
                "SELECT pageno FROM dbstat WHERE (name = 'sqlite_schema') = ?"
                " ORDER BY pageno", (is_schema,))]

    async def check_corrupt(self, daemon, agent="a"):
        await self.refuse(daemon, "store_corrupt", agent)
        body = await self.in_trouble(daemon, "store_corrupt")
        self.assertEqual(body["detail"], "The store's file is damaged")
        await daemon.logs("The store's file is damaged")

    async def test_a_file_that_cannot_be_read_at_all_is_left_as_it_is(self):
        first, second, *_ = self.pages(is_schema=True)
        for page, size in ((first, 16), (first, 100), (first, PAGE),
                           (second, PAGE)):
            with self.subTest(f"{size} bytes of page {page}"):
                self.damage([page], size)
                before = self.path.read_bytes()
                with self.running() as daemon:
                    async with await Bridge.register(daemon, "a"):
                        await self.check_corrupt(daemon)
                    answer = await get(daemon, "/control/dispatches")
                    self.assertEqual(answer.status, 503, answer.body)
                    self.assertIn("cannot be read", answer.json["detail"])
                    for command in ("check", "export"):
                        outcome = await self.store(command)
                        self.assertEqual(outcome.status, 1, outcome)
                        self.assertIn("is damaged", outcome.stderr)
                self.assertEqual(self.path.read_bytes(), before)

    async def look_at(self, daemon):
        """Reads all that there is. Everything that is shown is right, or there
        is an error that says why."""
        answer = await get(daemon, "/control/dispatches?limit=1000")
        if answer.status == 200:
            for x in answer.json["dispatches"]:
                self.assertEqual(x["agent_id"], "shop-1")
        else:
            self.assertEqual(answer.status, 503, answer.body)
        for n in range(1, DISPATCHES, 37):
            answer = await get(daemon, f"/control/dispatches/{dispatch_id(n)}")
            self.assertIn(answer.status, (200, 404, 503), answer.body)
            if answer.status == 200:
                found = answer.json
                self.assertEqual(found["task"]["content"], "a task " * 50)
                self.assertEqual(found["content"], "done")

    async def test_damaged_pages_end_neither_the_daemon_nor_what_is_whole(
            self):
        pages = self.pages(is_schema=False)
        noticed = 0
        for seed in range(8):
            chosen = random.Random(seed).sample(pages, 4)
            with self.subTest(chosen):
                self.damage(chosen)
                with self.running() as daemon:
                    noticed += await self.use(daemon)
                outcome = await self.store("check")
                self.assertEqual(outcome.status, 1, outcome)
                self.assertIn("BROKEN", outcome.stdout)
                outcome = await self.store("export")
                self.assertEqual(outcome.status, 1, outcome)
                self.assertIn("not readable", outcome.stderr)
                saved = [json.loads(x) for x in outcome.stdout.splitlines()]
                self.assertGreater(len(saved), DISPATCHES)
        self.assertGreater(noticed, 0)

    async def use(self, daemon):
        """Whether the daemon has noticed the damage."""
        async with await Bridge.register(daemon, "shop-1") as bridge:
            bridge.work()
            for _ in range(3):
                answer = await self.send(daemon, "shop-1")
                await self.look_at(daemon)
            is_ready = (await self.readiness(daemon))[0] == 200
            if answer.status == 200 and is_ready:
                return False
            await self.check_corrupt(daemon, "shop-1")
            return True

    def inner_page_of(self, table):
        with connect(self.whole) as db:
            return db.execute(
                "SELECT pageno FROM dbstat WHERE name = ?"
                " AND pagetype = 'internal'", (table,)).fetchone()[0]

    async def test_damage_that_nothing_uses_is_found_after_an_unclean_end(
            self):
        with connect(self.whole) as db:
            db.execute("UPDATE starts SET clean = 0")
            # A start reads the tasks of dispatches that have not ended.
            db.execute("DELETE FROM dispatches WHERE state = 0")
        self.damage([self.inner_page_of("tasks")])
        with self.running() as daemon:
            await self.in_trouble(daemon, "store_corrupt")
            await daemon.logs("found by the check that follows an unclean end")
            async with await Bridge.register(daemon, "a"):
                await self.check_corrupt(daemon)

    async def test_it_starts_again_after_each_end(self):
        """No loop of ends, which a service manager would give up on."""
        self.damage([1])
        for _ in range(3):
            daemon = self.start()
            await self.in_trouble(daemon, "store_corrupt")
            daemon.kill()


class WalTest(StoreFaultCase):

    async def filled(self, count):
        """Dispatches one after the other, then a kill, which leaves a WAL. The
        texts in their order."""
        daemon = self.start()
        await self.worker(daemon, "a")
        for _ in range(count):
            await self.accept(daemon)
        daemon.kill()
        self.assertGreater((self.data / "store.db-wal").stat().st_size, PAGE)
        return list(self.accepted)

    def restore(self, whole):
        shutil.rmtree(self.data)
        shutil.copytree(whole, self.data)

    async def check_records(self, daemon, texts):
        """How many are on record, all of which are as they were sent."""
        count = 0
        for text in texts:
            answer = await get(
                daemon, f"/control/dispatches/{self.accepted[text]}")
            if answer.status == 404:
                continue
            found = answer.json
            self.assertEqual(found["task"]["content"], text)
            if found["status"] == "completed":
                self.assertEqual(found["content"], text)
            count += 1
        return count

    async def test_a_wal_that_was_cut_off_loses_the_last_commits_only(self):
        texts = await self.filled(40)
        whole = self.folder / "whole"
        shutil.copytree(self.data, whole)
        size = (whole / "store.db-wal").stat().st_size
        kept = []
        for rest in (size, size - 1, size * 3 // 4, size // 2, 100, 0):
            with self.subTest(rest):
                self.restore(whole)
                with open(self.data / "store.db-wal", "r+b") as file:
                    file.truncate(rest)
                with self.running() as daemon:
                    await self.recovered(daemon)
                    count = await self.check_records(daemon, texts)
                    # The oldest, without a gap.
                    self.assertEqual(
                        await self.check_records(daemon, texts[:count]),
                        count)
                    async with await Bridge.register(daemon, "a"):
                        await self.accept(daemon)
                self.assertEqual((await self.store("check")).status, 0)
                kept.append(count)
        self.assertEqual(kept[0], 40)
        self.assertEqual(kept, sorted(kept, reverse=True))

    async def test_the_wal_of_another_store_makes_no_mixture(self):
        await self.filled(30)
        other = self.folder / "other"
        self.data.rename(other)
        self.data.mkdir()
        await self.filled(15)
        shutil.copy(other / "store.db-wal", self.data / "store.db-wal")
        (self.data / "store.db-shm").unlink()
        with self.running() as daemon:
            await self.check_records(daemon, list(self.accepted))
            await self.agent(daemon)
            await self.send(daemon)
            await self.check_records(daemon, list(self.accepted))


class SecondDaemonTest(StoreFaultCase):

    async def test_it_is_refused_and_the_first_one_continues(self):
        first = self.start()
        await self.worker(first, "a")
        await self.accept(first)
        second = Daemon(directory=self.data,
                        logs=self.folder / "second-logs")
        (self.folder / "second-logs").mkdir()
        second.launch()
        self.addCleanup(second.kill)
        self.assertEqual(
            await asyncio.to_thread(second.process.wait, 15), 1)
        self.assertIn(
            f"Another bridgekeeper is running with the data directory "
            f"{self.data}. Stop it, or choose another directory",
            second.log())
        await self.recovered(first)
        await self.accept(first)
        await self.check_promises(first)


class LaterVersionTest(StoreFaultCase):

    def set_version(self, version):
        with connect(self.data / "store.db") as db:
            db.execute(f"PRAGMA user_version = {version}")

    def dump(self):
        with connect(self.data / "store.db") as db:
            return list(db.iterdump())

    async def test_its_store_is_neither_read_nor_changed(self):
        with self.running() as daemon:
            await self.worker(daemon, "a")
            id = await self.accept(daemon)
        with connect(self.data / "store.db") as db:
            version, = db.execute("PRAGMA user_version").fetchone()
        self.set_version(version + 1)
        before = self.dump()
        with self.running() as daemon:
            await self.worker(daemon, "a")
            await self.refuse(daemon, "store_newer")
            body = await self.in_trouble(daemon, "store_newer")
            self.assertEqual(
                body["detail"],
                "A later version of Bridgekeeper has written the store")
            await daemon.logs(
                f"(schema {version + 1}; this version knows {version})")
            for path in ("", f"/{id}"):
                answer = await get(daemon, f"/control/dispatches{path}")
                self.assertEqual(answer.status, 503, answer.body)
            outcome = await self.store("export")
            self.assertEqual(outcome.status, 1, outcome)
            self.assertIn("A later version", outcome.stderr)
        self.assertEqual(self.dump(), before)
        self.set_version(version)
        daemon = self.start()
        self.assertEqual((await record(daemon, id))["message_id"], id)
        await self.check_promises(daemon)
