"""A bridge that runs many tasks keeps nothing of them: no process, no
descriptor, no thread, no memory."""

import asyncio
import os
import tempfile

from bridge_process import BridgeProcess
from cases import AsyncCase
from client import agent_status, dispatch, finished_record, post
from mixed_task import COMMAND, draw
from processes import (children, descriptors, resident_kib, running,
                       task_supervisor, threads)
from waiting import eventually

SLOTS = 8
TASKS = 1000
AGENT = "many"
MARK = f"BRIDGEKEEPER_AGENT_ID={AGENT}"

# What an allocator may keep.
SLACK_KIB = 4096


class ManyTasksTest(AsyncCase):

    async def test_a_thousand_tasks_leave_nothing_behind(self):
        daemon = self.start_daemon(
            BRIDGEKEEPER_BRIDGE_MAX_PENDING_PER_AGENT="2000")
        state = self.enterContext(tempfile.TemporaryDirectory())
        bridge = await self.given(await BridgeProcess.start(
            daemon, AGENT, COMMAND, "--max-tasks", str(SLOTS), "--state-dir",
            state, "--log-level", "warning"))
        self.reader = asyncio.create_task(bridge.process.stderr.read())
        pid = bridge.process.pid

        async def connected():
            return await agent_status(daemon, AGENT) == "connected"
        await eventually(connected, "the bridge registers")
        await self.work(daemon, draw(1, SLOTS * 4))
        before = await self.at_rest(pid)
        kinds = draw(2, TASKS)
        await self.work(daemon, kinds[:TASKS // 2])
        half = await self.at_rest(pid)
        await self.work(daemon, kinds[TASKS // 2:])
        after = await self.at_rest(pid)
        self.assertEqual(before[:2], after[:2])
        # The first half fills pools and lists of bounded size.
        self.assertLess(after[2], half[2] + SLACK_KIB)
        self.assertEqual([x for x in os.listdir(state) if x != "lock"], [])
        bridge.signal()
        await bridge.process.wait()
        await self.reader
        self.assertEqual(running(MARK), [])

    async def at_rest(self, pid):
        """Descriptors, threads and memory, once nothing of a task is left."""
        await eventually(lambda: not running(MARK),
                         "no process of a task is left", 30)
        supervisor = task_supervisor(pid)
        await eventually(lambda: not children(supervisor),
                         "the supervisor has no child")
        last = None

        async def is_steady():
            nonlocal last
            now = (descriptors(pid) + descriptors(supervisor),
                   threads(pid) + threads(supervisor))
            steady, last = now == last, now
            return steady
        await eventually(is_steady, "nothing is opened or closed any more")
        return *last, resident_kib(pid) + resident_kib(supervisor)

    async def work(self, daemon, kinds):
        """All of them end as they should."""
        limit = asyncio.Semaphore(4 * SLOTS)

        async def one(name, command, end):
            async with limit:
                answer = await dispatch(daemon, AGENT, command, timeout_s=30
                                        if end != "timed_out" else 0.5)
                self.assertEqual(answer.status, 200, answer.body)
                sent = answer.json["message_id"]
                if end == "cancelled":
                    await post(daemon, f"/control/dispatches/{sent}/cancel", {})
                known = await finished_record(daemon, sent)
                self.assertEqual(known["state"], end, (name, known))
        await asyncio.gather(*(one(*x) for x in kinds))
