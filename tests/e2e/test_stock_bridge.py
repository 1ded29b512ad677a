"""A bridge that behaves as the one in the field, through a long task."""

import asyncio

from bridge import Bridge
from cases import DaemonCase
from client import agent_status, dispatch, finished_record, get
from events import EventStream
from waiting import pace

# As the stock bridge has it.
BEAT_INTERVAL = 30.0
BUFFERED_FRAMES = 16

TASK_SECONDS = 180.0


class StockBridge:
    """Does one task at a time, reads nothing meanwhile, and beats beside it.
    Its library buffers 16 frames, then it reads no more and answers no
    pings."""

    def __init__(self, bridge, task_seconds):
        self._bridge = bridge
        self._task_seconds = task_seconds
        self._beating = asyncio.create_task(self._beat())
        self._working = asyncio.create_task(self._work())
        self.beats = 0

    async def _beat(self):
        while True:
            await pace(BEAT_INTERVAL)
            await self._bridge.send("heartbeat", timestamp=f"{self.beats}")
            self.beats += 1

    async def _work(self):
        while True:
            message = await self._bridge.receive(deadline=10 * TASK_SECONDS)
            if message["type"] != "dispatch":
                continue
            await pace(self._task_seconds.pop(0))
            await self._bridge.respond(message["message_id"],
                                       message["content"])

    def stop(self):
        self._beating.cancel()
        self._working.cancel()


class LongTaskTest(DaemonCase):
    """All settings are the defaults, but for the slots: with one, a bridge would
    never be deaf."""

    async def stock_bridge(self, name, first_task_seconds, later, **options):
        bridge = await self.given(await Bridge.register(
            self.daemon, name,
            {"max_queue": BUFFERED_FRAMES, **options}))
        stock = StockBridge(bridge, [first_task_seconds] + [0] * later)
        self.addCleanup(stock.stop)
        return bridge, stock

    async def never_evicted(self, name, bridge, stock, tasks):
        """Its first task takes three minutes; all are answered."""
        sent = [(await dispatch(self.daemon, name, f"task {n}")).json[
            "message_id"] for n in range(tasks)]
        for _ in range(int(TASK_SECONDS / 10)):
            await pace(10)
            self.assertTrue(bridge.is_open(), bridge.socket.close_code)
            self.assertEqual(await agent_status(self.daemon, name),
                             "connected")
        for number, message_id in enumerate(sent):
            ended = await finished_record(self.daemon, message_id)
            self.assertEqual((ended["status"], ended["content"]),
                             ("completed", f"task {number}"))
        self.assertGreaterEqual(stock.beats, 5)
        async with await EventStream.open(self.daemon, name) as stream:
            seen = [await stream.next() for _ in range(1 + 2 * tasks)]
        kinds = {x["event_type"] for x in seen}
        # Those of a bridge with one slot are told of waiting, too.
        self.assertEqual(kinds - {"task_queued", "task_sent"},
                         {"agent_connected", "task_dispatched",
                          "agent_response"})

    async def test_a_stock_bridge_is_never_evicted_during_three_minutes(self):
        # Its library pings too, every 20 s, and wants to be answered.
        patient = await self.stock_bridge(
            "patient", TASK_SECONDS, 0, ping_interval=20, ping_timeout=20)
        # More tasks than its library buffers: it cannot answer our pings.
        deaf = await self.stock_bridge("deaf", TASK_SECONDS, 39)
        await asyncio.gather(self.never_evicted("patient", *patient, 1),
                             self.never_evicted("deaf", *deaf, 40))
        status = (await get(self.daemon, "/ws/agent-bridge/status")).json
        self.assertEqual(status["connected_count"], 2)
