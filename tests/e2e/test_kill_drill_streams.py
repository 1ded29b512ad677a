"""The event hub is killed: whoever follows events goes on hearing them."""

import asyncio
import collections

from client import dispatch
from drill import DrillCase, Load
from events import EventStream


class StreamDrillTest(DrillCase):

    async def test_streams_and_subscriptions_go_on_after_the_hub_died(self):
        async with await EventStream.open(self.daemon, "agent-0") as stream:
            await stream.until("agent_connected")
            await self.control.ask("subscribe", "s", agent_id="agent-0")
            await self.control.next("s")
            last = ""
            for number in range(3):
                await self.kill("event-hub")
                answer = await dispatch(self.daemon, "agent-0", f"{number}",
                                        query="?wait=10")
                seen = await stream.until("agent_response",
                                          answer.json["message_id"])
                self.assertGreater(seen[0]["timestamp"], last)
                last = seen[-1]["timestamp"]
                while True:
                    event = (await self.control.next("s"))["event"]
                    if event["event_type"] == "agent_response":
                        break
                self.assertEqual(event["metadata"]["message_id"],
                                 answer.json["message_id"])

    async def test_under_load_every_event_is_told_once_and_in_order(self):
        streams = [await self.given(await EventStream.open(self.daemon, x))
                   for x in self.names]
        load = Load(self.control, self.names)
        running = asyncio.create_task(load.run())
        hearing = [asyncio.create_task(self.life_of_tasks(x))
                   for x in streams]
        for _ in range(5):
            await load.more(200)
            await self.kill("event-hub")
        load.end()
        await running
        for name in self.names:
            await dispatch(self.daemon, name, "the last", query="?wait=10")
        heard = collections.Counter()
        for lives in await asyncio.gather(*hearing):
            heard.update(lives.values())
        self.assertEqual(heard, {
            ("task_dispatched", "agent_progress", "agent_response"):
                load.sent + len(self.names)})

    async def life_of_tasks(self, stream):
        """What is told of each task, until the last has ended."""
        lives = collections.defaultdict(tuple)
        newest = ""
        while True:
            event = await stream.next()
            self.assertGreater(event["timestamp"], newest)
            newest = event["timestamp"]
            message_id = event["metadata"].get("message_id")
            if message_id is None:
                continue
            lives[message_id] += (event["event_type"],)
            if event["metadata"].get("content") == "the last":
                return lives
