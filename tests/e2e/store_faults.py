"""Daemons whose store fails: on a small disk, and on one that fails when the
test says so."""

import asyncio
import contextlib
import errno
import json
import os
import pathlib
import subprocess
import tempfile

from bridge import Bridge
from cases import AsyncCase
from client import finished_record, get, post, record
from daemon import Daemon, run
from store_files import connect
from waiting import Stopwatch, eventually

# The library made of `failing_disk.c`; empty if the build has none.
SHIM = os.environ.get("E2E_FAILING_DISK")

MIB = 1 << 20


class SmallDisk:
    """A file system in memory of its own."""

    def __init__(self, test, mib):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="bridgekeeper-disk-"))
        test.addCleanup(self.path.rmdir)
        made = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "bridgekeeper-test",
             str(self.path)], capture_output=True, text=True)
        if made.returncode != 0:
            test.skipTest(f"cannot mount a small disk: {made.stderr.strip()}")
        # Lazy, because a daemon of a failed test may still use it.
        test.addCleanup(subprocess.run,
                        ["umount", "--lazy", str(self.path)], check=True)

    def free(self):
        found = os.statvfs(self.path)
        return found.f_bavail * found.f_frsize

    def fill(self):
        """Leaves no byte."""
        with open(self.path / "filler", "ab", buffering=0) as file:
            while self.free() > 0:
                try:
                    file.write(bytes(min(MIB, self.free())))
                except OSError as problem:
                    assert problem.errno == errno.ENOSPC, problem
                    return

    def fill_up_to(self, rest):
        """Leaves only `rest` bytes."""
        with open(self.path / "filler", "ab") as file:
            file.write(bytes(self.free() - rest))

    def make_room(self):
        (self.path / "filler").unlink()


class FailingDisk:
    """What the preloaded `failing_disk.c` does to one daemon."""

    def __init__(self, folder):
        self._path = pathlib.Path(folder) / "failing-disk"
        self._round = 0
        self.variables = {"LD_PRELOAD": SHIM, "FAILING_DISK": str(self._path)}

    def fail(self, calls, number, file="store.db*", skip=0,
             count=1_000_000_000):
        """`calls`: letters of w(rite), s(ync), t(runcate)."""
        self._plan(calls, number, file, skip, count, 0)

    def delay(self, calls, milliseconds):
        self._plan(calls, 0, "store.db*", 0, 1_000_000_000, milliseconds)

    def hold(self, calls, file):
        """These calls do not return before `heal`."""
        self._plan(calls, 0, file, 0, 1_000_000_000, 600_000)

    def heal(self):
        self._path.unlink()

    def _plan(self, calls, number, file, skip, count, delay):
        self._round += 1
        new = self._path.with_suffix(".new")
        new.write_text(f"{self._round} {calls} */{file} {number} {skip} "
                       f"{count} {delay}\n")
        new.rename(self._path)


class StoreFaultCase(AsyncCase):
    """One daemon after the other on the same data directory. Remembers what
    they promised, to compare it with what is on record at the end."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="bridgekeeper-faults-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.data = self.folder / "data"
        self.data.mkdir(mode=0o700)
        # By their texts, which differ.
        self.accepted = {}
        self.refused = set()
        # By their ids.
        self.told = {}
        self._texts = 0

    def start(self, **options):
        """Its log is not in its data directory."""
        daemon = Daemon(directory=self.data, logs=self.folder,
                        BRIDGEKEEPER_SHUTDOWN_DRAIN_TIMEOUT="0.1",
                        **options).start()
        self.addCleanup(daemon.kill)
        return daemon

    @contextlib.contextmanager
    def running(self, **options):
        """A daemon that has to end well with the block."""
        daemon = self.start(**options)
        try:
            yield daemon
            daemon.signal()
            daemon.wait_for_end()
        finally:
            daemon.kill()

    def on_failing_disk(self, **options):
        if not SHIM:
            self.skipTest("E2E_FAILING_DISK names no library")
        # Without it, the daemon would run on a disk that never fails.
        self.assertTrue(pathlib.Path(SHIM).exists(),
                        f"{SHIM} is not built: build failing_disk")
        self.disk = FailingDisk(self.folder)
        return self.start(**self.disk.variables, **options)

    async def agent(self, daemon, agent_id="a"):
        return await self.given(await Bridge.register(daemon, agent_id))

    async def worker(self, daemon, agent_id):
        """Answers each task with its text; returns the list of those that it
        gets."""
        bridge = await self.agent(daemon, agent_id)
        seen = []

        async def work():
            async for frame in bridge.socket:
                message = json.loads(frame)
                if message["type"] == "dispatch":
                    seen.append(message["content"])
                    await bridge.respond(message["message_id"],
                                         message["content"])
        task = asyncio.create_task(work())
        self.addCleanup(task.cancel)
        return seen

    # -- dispatches -----------------------------------------------------------

    async def send(self, daemon, agent="a", key=None, text=None):
        """Sends a task with a text of its own; returns the answer."""
        if text is None:
            self._texts += 1
            text = f"task number {self._texts}"
        fields = {"headers": {"Idempotency-Key": key}} if key else {}
        answer = await post(daemon, f"/control/agents/{agent}/dispatch",
                            {"content": text}, **fields)
        answer.text = text
        if answer.status == 200:
            self.accepted[text] = answer.json["message_id"]
            self.refused.discard(text)
        elif answer.json.get("code") != "store_unknown":
            self.refused.add(text)
        return answer

    async def accept(self, daemon, agent="a"):
        """The id of a dispatch that must be accepted."""
        answer = await self.send(daemon, agent)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json["message_id"]

    async def refuse(self, daemon, reason, agent="a"):
        answer = await self.send(daemon, agent)
        self.assertEqual((answer.status, answer.json.get("code")),
                         (503, reason), answer.body)

    async def store(self, command):
        return await run("store", command, "--data-dir", str(self.data))

    async def ended(self, daemon, message_id):
        """The content of a dispatch that must end well."""
        found = await finished_record(daemon, message_id)
        self.assertEqual(found["status"], "completed", found)
        self.told[message_id] = found
        return found["content"]

    async def check_open(self, daemon, message_id):
        """Its end must not be told yet."""
        self.assertEqual((await record(daemon, message_id))["status"],
                         "dispatched")

    # -- what a user sees -----------------------------------------------------

    async def readiness(self, daemon):
        answer = await get(daemon, "/readyz", token=False)
        return answer.status, answer.json

    async def in_trouble(self, daemon, reason):
        """Waits until the daemon says that its store is in trouble; it is
        alive."""
        async def is_said():
            status, body = await self.readiness(daemon)
            return status == 503 and body.get("store") == reason and body
        body = await eventually(is_said, f"{reason} in /readyz")
        self.assertEqual((await get(daemon, "/livez", token=False)).status,
                         200)
        return body

    async def recovered(self, daemon, deadline=20):
        """Waits until it is ready, in the same process."""
        async def is_ready():
            return (await self.readiness(daemon))[0] == 200
        watch = Stopwatch()
        await eventually(is_ready, "a daemon that is ready", deadline)
        self.assertTrue(daemon.is_running())
        return watch.seconds

    async def check_promises(self, daemon):
        """Kills the daemon and compares what it said with what the next one
        has on record."""
        daemon.kill()
        daemon = self.start()
        for text, message_id in self.accepted.items():
            found = await record(daemon, message_id)
            self.assertEqual((found["message_id"], found["task"]["content"]),
                             (message_id, text), found)
            told = self.told.get(message_id, found)
            for name in ("state", "content", "usage"):
                self.assertEqual(found[name], told[name])
        outcome = await self.store("check")
        self.assertEqual(outcome.status, 0, outcome)
        daemon.stop()
        with connect(self.data / "store.db") as db:
            stored = [x for x, in db.execute("SELECT content FROM tasks")]
        self.assertEqual(len(stored), len(set(stored)), "stored twice")
        self.assertEqual(self.refused & set(stored), set())
        self.assertLessEqual(set(self.accepted), set(stored))
