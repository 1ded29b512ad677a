"""A dispatch that gets no response ends all the same, and says why."""

import asyncio

from bridge import Bridge
from cases import DaemonCase
from client import dispatch, finished_record, record
from events import EventStream
from waiting import Stopwatch, eventually, within


class LossTest(DaemonCase):

    async def assert_lost(self, how):
        """Ends the bridge's connection with `how` while two clients wait."""
        bridge = await Bridge.register(self.daemon, self.agent_name())
        control = await self.control()
        await control.dispatch("d", bridge.agent_id)
        over_socket = (await bridge.receive_dispatch())["message_id"]
        waiting = asyncio.create_task(
            dispatch(self.daemon, bridge.agent_id, query="?wait=15"))
        over_http = (await bridge.receive_dispatch())["message_id"]
        await how(bridge)
        answer = await within(waiting, "the answer over HTTP")
        self.assertEqual(answer.status, 200)
        self.assertEqual((answer.json["message_id"], answer.json["status"],
                          answer.json["reason"]),
                         (over_http, "error", "agent_lost"))
        self.assertTrue(answer.json["error"])
        ended = await control.result("d")
        self.assertEqual((ended["type"], ended["code"], ended["message_id"],
                          ended["retry_helps"]),
                         ("error", "agent_lost", over_socket, True))
        for message_id in (over_http, over_socket):
            known = await finished_record(self.daemon, message_id)
            self.assertEqual((known["status"], known["reason"]),
                             ("error", "agent_lost"))
        return bridge

    async def test_a_bridge_that_says_good_bye_fails_its_dispatches(self):
        await self.assert_lost(lambda bridge: bridge.socket.close())

    async def test_a_bridge_whose_connection_breaks_fails_them_too(self):
        async def cut(bridge):
            bridge.socket.transport.abort()
        await self.assert_lost(cut)

    async def test_the_events_tell_what_was_lost(self):
        async def cut(bridge):
            bridge.socket.transport.abort()
        bridge = await self.assert_lost(cut)
        async with await EventStream.open(self.daemon,
                                          bridge.agent_id) as stream:
            seen = await stream.until("agent_disconnected")
        lost = [x for x in seen if x["event_type"] == "agent_error"]
        self.assertEqual(len(lost), 2)
        for event in lost:
            self.assertEqual(
                set(event["metadata"]),
                {"agent_id", "message_id", "error", "reason"})
            self.assertEqual(event["metadata"]["reason"], "agent_lost")
        self.assertEqual(seen[-1]["metadata"]["reason"], "agent_lost")

    async def test_a_dispatch_to_an_agent_that_is_away_is_refused(self):
        async with await Bridge.register(self.daemon, self.agent_name()):
            pass
        await self.assert_refused_with_409()

    async def assert_refused_with_409(self):
        async def refusal():
            return await dispatch(self.daemon, self.agent_name())
        answer = await refusal()
        self.assertEqual((answer.status, answer.json["detail"]),
                         (409, "Agent is not connected"))


class DeadlineTest(DaemonCase):

    async def test_a_dispatch_ends_when_its_time_is_up(self):
        bridge = await self.bridge()
        watch = Stopwatch()
        answer = await dispatch(self.daemon, bridge.agent_id, timeout_s=0.3,
                                query="?wait=10")
        self.assertEqual(answer.status, 200)
        self.assertEqual((answer.json["status"], answer.json["reason"]),
                         ("error", "timeout"))
        self.assertGreater(watch.seconds, 0.25)
        known = await record(self.daemon, answer.json["message_id"])
        self.assertEqual((known["status"], known["reason"]),
                         ("error", "timeout"))
        await bridge.receive_dispatch()
        await bridge.sync()

    async def test_over_the_control_socket_it_is_an_error_that_says_so(self):
        bridge = await self.bridge()
        control = await self.control()
        await control.dispatch("d", bridge.agent_id, timeout_s=0.2)
        answer = await control.result("d")
        self.assertEqual((answer["type"], answer["code"]),
                         ("error", "timeout"))

    async def test_a_response_after_the_deadline_changes_nothing_and_is_kept(self):
        bridge = await self.bridge()
        control = await self.control()
        await control.dispatch("d", bridge.agent_id, timeout_s=0.2)
        message_id = (await bridge.receive_dispatch())["message_id"]
        await control.result("d")
        await bridge.progress(message_id)
        await bridge.respond(message_id, "too late")

        async def is_kept():
            return (await record(self.daemon, message_id))["late_results"]
        await eventually(is_kept, "the late result")
        known = await record(self.daemon, message_id)
        self.assertEqual((known["status"], known["reason"],
                          known["content"]), ("error", "timeout", None))
        self.assertEqual(known["late"][0]["content"], "too late")
        await control.sync()
        self.assertEqual(control.unread("d"), 0)
        # In the stream it is a late result, and the progress is nothing.
        await control.dispatch("e", bridge.agent_id)
        following = (await bridge.receive_dispatch())["message_id"]
        async with await EventStream.open(self.daemon,
                                          bridge.agent_id) as stream:
            seen = await stream.until("task_dispatched", following)
        self.assertEqual([x["event_type"] for x in seen],
                         ["agent_connected", "task_dispatched",
                          "agent_error", "late_result", "task_dispatched"])

    async def test_deadlines_pass_in_their_own_order(self):
        bridge = await self.bridge()
        control = await self.control()
        times = {"c": 0.6, "a": 0.2, "b": 0.4, "never": 600}
        for id, seconds in times.items():
            await control.dispatch(id, bridge.agent_id, timeout_s=seconds)
        await control.ask("subscribe", "s", agent_id=bridge.agent_id)
        ids = {(await control.next(id))["message_id"]: id for id in times}
        ended = []
        while len(ended) < 3:
            answer = await control.next("s")
            if answer["type"] == "event" \
                    and answer["event"]["event_type"] == "agent_error":
                ended.append(ids[answer["event"]["metadata"]["message_id"]])
        self.assertEqual(ended, ["a", "b", "c"])
        self.assertEqual(control.unread("never"), 0)

    async def test_the_deadline_of_one_leaves_the_others_alone(self):
        bridge = await self.bridge()
        control = await self.control()
        await control.dispatch("short", bridge.agent_id, timeout_s=0.2)
        await control.dispatch("long", bridge.agent_id)
        await bridge.receive_dispatch()
        long = (await bridge.receive_dispatch())["message_id"]
        await control.result("short")
        await bridge.respond(long, "in time")
        self.assertEqual((await control.result("long"))["content"],
                         "in time")

    async def test_a_timeout_that_is_none_is_refused(self):
        bridge = await self.bridge()
        for seconds in (0, -1, "1", True, [], 1e9, None):
            with self.subTest(seconds):
                answer = await dispatch(self.daemon, bridge.agent_id,
                                        timeout_s=seconds)
                self.assertEqual(answer.status, 422)
        await bridge.sync()


class DefaultDeadlineTest(DaemonCase):
    flags = ("--dispatch-timeout", "0.3")

    async def test_who_names_no_timeout_gets_the_daemon_s(self):
        bridge = await self.bridge()
        answer = await dispatch(self.daemon, bridge.agent_id,
                                query="?wait=10")
        self.assertEqual(answer.json["reason"], "timeout")
