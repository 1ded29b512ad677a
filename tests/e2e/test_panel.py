"""What the control panel does, from its first request to the second answer."""

from cases import DaemonCase
from client import get, post
from events import EventStream
from waiting import within


class PanelTest(DaemonCase):

    async def ask(self, path):
        answer = await get(self.daemon, path)
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    async def send(self, call, agent_id, content):
        answer = await post(self.daemon,
                            f"/control/agents/{agent_id}/{call}",
                            {"content": content})
        self.assertEqual(answer.status, 200, answer)
        return answer.json["message_id"]

    async def tell(self, stream, count):
        """The next events: what the panel goes by, and all of each."""
        seen = [await stream.next() for _ in range(count)]
        self.all_told[stream] += seen
        return [(x["event_type"], x["metadata"]["message_id"],
                 self.text_of(x)) for x in seen]

    @staticmethod
    def text_of(event):
        """What the panel shows of it."""
        metadata = event["metadata"]
        return metadata.get("content") or metadata.get("progress_text") \
            or metadata.get("error") or event["message"]

    async def answered(self, bridge, steps, answer):
        """The bridge does what it is told next; the task it was given."""
        task = await bridge.receive_dispatch()
        for step in steps:
            await bridge.progress(task["message_id"], progress_text=step)
        await bridge.respond(task["message_id"], answer)
        return task

    async def assert_silent(self, stream):
        with self.assertRaises(AssertionError):
            await within(stream.next(), "an event", 0.3)

    async def test_a_task_and_a_follow_up_are_shown_once_each_in_order(self):
        name = self.agent_name()
        bridge = await self.bridge(name)
        bystander = await self.bridge(self.agent_name("-bystander"))

        # Its page opens: where it is, and who is there.
        session = (await self.ask("/control/context"))["control_session_id"]
        chat = await self.given(
            await EventStream.open_session(self.daemon, session))
        listed = await self.ask("/control/agents")
        self.assertEqual([x["agent_id"] for x in listed["agents"]
                          if x["status"] == "connected"],
                         [name, bystander.agent_id])
        # One agent is chosen.
        agent = await self.given(await EventStream.open(self.daemon, name))
        connected = await agent.next()
        self.assertEqual(connected["event_type"], "agent_connected")
        self.all_told = {chat: [], agent: [connected]}

        # A task, and its answer.
        first = await self.send("dispatch", name, "do it")
        task = await self.answered(bridge, ["reading", "writing"], "done it")
        self.assertEqual((task["content"], task["context"],
                          task["session_id"]), ("do it", {}, session))
        story = [
            ("task_dispatched", first, f"Dispatched task to agent {name}"),
            ("agent_progress", first, "reading"),
            ("agent_progress", first, "writing"),
            ("agent_response", first, "done it")]
        for stream in (chat, agent):
            self.assertEqual(await self.tell(stream, 4), story)
        self.assertEqual(
            await self.ask(f"/control/agents/{name}/task"),
            {"agent_id": name, "status": "completed", "message_id": first,
             "error": None})

        # From now on it sends follow-ups, though the task has ended.
        second = await self.send("followup", name, "and that")
        self.assertNotEqual(second, first)
        task = await self.answered(bridge, ["thinking"], "that too")
        self.assertEqual((task["content"], task["context"]), (
            "and that", {"is_followup": True, "followup_to": first}))
        story = [
            ("task_dispatched", second, f"Sent follow-up to agent {name}"),
            ("agent_progress", second, "thinking"),
            ("agent_response", second, "that too")]
        for stream in (chat, agent):
            self.assertEqual(await self.tell(stream, 3), story)
        # And a follow-up to that.
        third = await self.send("followup", name, "thanks")
        task = await self.answered(bridge, [], "you are welcome")
        self.assertEqual(task["context"]["followup_to"], second)
        for stream in (chat, agent):
            self.assertEqual((await self.tell(stream, 2))[-1], (
                "agent_response", third, "you are welcome"))

        for stream, told in self.all_told.items():
            stamps = [x["timestamp"] for x in told]
            self.assertEqual(stamps, sorted(set(stamps)),
                             "times are not strictly increasing")
            await self.assert_silent(stream)
        # Both streams told the very same events.
        self.assertEqual(self.all_told[agent][1:], self.all_told[chat])
        # The panel tells them apart by this.
        keys = [(x["timestamp"], x["event_type"], x["metadata"]["message_id"])
                for x in self.all_told[chat]]
        self.assertEqual(len(keys), len(set(keys)))
        # Who opens the page later is told the same.
        again = await self.given(
            await EventStream.open_session(self.daemon, session))
        self.assertEqual([await again.next() for _ in keys],
                         self.all_told[chat])
