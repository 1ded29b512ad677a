"""Whose result it is: only what a bridge was asked, it can answer, once."""

import asyncio
import json

from cases import DaemonCase
from client import dispatch, finished_record, record
from events import EventStream
from regression import fails_at
from waiting import eventually

_UNKNOWN = "00000000-0000-4000-8000-000000000000"


class ForgeryTest(DaemonCase):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.honest = await self.bridge(self.agent_name("-honest"))
        self.forger = await self.bridge(self.agent_name("-forger"))
        self.control = await self.control()

    async def ask(self, bridge, id):
        """A dispatch that is pending at this bridge; its message id."""
        await self.control.dispatch(id, bridge.agent_id)
        return (await bridge.receive_dispatch())["message_id"]

    async def counted(self, what):
        stats = await self.daemon.ask_console("stats")
        line, = [x for x in stats.splitlines() if x.startswith(what)]
        return int(line.split()[-1])

    async def assert_only_the_real_result_counts(self, message_id, id):
        """Nothing has ended the honest bridge's dispatch so far; its own
        response does, and it is the only one anybody ever hears of."""
        known = await record(self.daemon, message_id)
        self.assertEqual(known["status"], "dispatched")
        await self.honest.respond(message_id, "real")
        answer = await self.control.result(id)
        self.assertEqual((answer["type"], answer["content"]),
                         ("response", "real"))
        async with await EventStream.open(
                self.daemon, self.honest.agent_id) as stream:
            seen = await stream.until("agent_response", message_id)
        self.assertEqual([x["event_type"] for x in seen],
                         ["agent_connected", "task_dispatched",
                          "agent_response"])
        self.assertNotIn("forged", json.dumps(seen))
        await self.control.sync()
        self.assertEqual(self.control.unread(id), 0)

    async def test_a_result_in_another_agent_s_name_is_dropped(self):
        message_id = await self.ask(self.honest, "d")
        before = await self.counted("forged results dropped")
        for kind in ("response", "progress"):
            await self.forger.send(kind, agent_id=self.honest.agent_id,
                                   message_id=message_id, status="s",
                                   content="forged", progress_text="forged")
        await self.forger.sync()
        self.assertEqual(await self.counted("forged results dropped"),
                         before + 2)
        await self.assert_only_the_real_result_counts(message_id, "d")

    async def test_another_agent_s_pending_message_cannot_be_answered(self):
        message_id = await self.ask(self.honest, "d")
        before = await self.counted("unknown results dropped")
        await self.forger.respond(message_id, "forged")
        await self.forger.progress(message_id, progress_text="forged")
        await self.forger.sync()
        self.assertEqual(await self.counted("unknown results dropped"),
                         before + 2)
        await self.assert_only_the_real_result_counts(message_id, "d")

    async def test_one_s_own_result_under_another_name_is_dropped_too(self):
        message_id = await self.ask(self.honest, "d")
        await self.honest.send("response", message_id=message_id,
                               agent_id=self.forger.agent_id,
                               content="forged")
        await self.honest.sync()
        await self.assert_only_the_real_result_counts(message_id, "d")

    async def test_a_heartbeat_in_another_agent_s_name_is_not_echoed(self):
        await self.forger.send("heartbeat", agent_id=self.honest.agent_id,
                               timestamp="forged")
        await self.forger.sync()
        await self.honest.sync()

    async def test_an_unknown_message_id_is_dropped(self):
        message_id = await self.ask(self.honest, "d")
        for unknown in (_UNKNOWN, "x", message_id.upper(),
                        message_id + " "):
            await self.honest.respond(unknown, "forged")
            await self.honest.progress(unknown, progress_text="forged")
        await self.honest.sync()
        await self.assert_only_the_real_result_counts(message_id, "d")

    async def test_a_duplicate_response_is_dropped(self):
        message_id = await self.ask(self.honest, "d")
        await self.honest.respond(message_id, "first")
        await self.honest.respond(message_id, "second", error="second")
        await self.honest.progress(message_id, progress_text="second")
        await self.honest.sync()
        answer = await self.control.result("d")
        self.assertEqual(answer["content"], "first")
        # What the stream says next is about the next dispatch.
        following = await self.ask(self.honest, "e")
        async with await EventStream.open(
                self.daemon, self.honest.agent_id) as stream:
            seen = await stream.until("task_dispatched", following)
        self.assertEqual([x["event_type"] for x in seen[-2:]],
                         ["agent_response", "task_dispatched"])
        known = await record(self.daemon, message_id)
        self.assertEqual((known["status"], known["content"]),
                         ("completed", "first"))

    async def test_a_forger_is_not_disconnected_for_it(self):
        await self.forger.respond(_UNKNOWN, "forged")
        self.forger.work()
        answer = await dispatch(self.daemon, self.forger.agent_id, "go on",
                                query="?wait=10")
        self.assertEqual(answer.json["content"], "go on")


class ProgressTest(DaemonCase):

    async def test_no_progress_status_ever_ends_a_task(self):
        bridge = await self.bridge()
        waiting = asyncio.create_task(
            dispatch(self.daemon, bridge.agent_id, query="?wait=15"))
        message_id = (await bridge.receive_dispatch())["message_id"]
        for status in ("completed", "error", "failed", "done", "idle",
                       "cancelled", "dispatched", "x" * 256):
            await bridge.progress(message_id, status, progress_text="done!")
        await bridge.sync()

        async def is_running():
            return (await record(self.daemon, message_id))["status"] == "running"
        await eventually(is_running, "that it runs")
        self.assertFalse(waiting.done())
        await bridge.respond(message_id, "now it is")
        self.assertEqual((await waiting).json["content"], "now it is")
        known = await finished_record(self.daemon, message_id)
        self.assertEqual(known["status"], "completed")

    async def test_progress_events_say_what_the_bridge_said(self):
        bridge = await self.bridge()
        answer = await dispatch(self.daemon, bridge.agent_id)
        message_id = answer.json["message_id"]
        await bridge.progress(message_id, "busy", progress_text="ünder way",
                              metadata={"k": 1})
        async with await EventStream.open(self.daemon,
                                          bridge.agent_id) as stream:
            event = (await stream.until("agent_progress"))[-1]
        self.assertEqual(event["message"],
                         f"Agent {bridge.agent_id} progress: busy")
        self.assertEqual(event["metadata"], {
            "agent_id": bridge.agent_id, "message_id": message_id,
            "status": "busy", "progress_text": "ünder way"})


class UnreadableTest(DaemonCase):
    """A response that cannot be read, but whose dispatch can be told."""

    async def end_with(self, members):
        """The record of a dispatch that such a response has ended."""
        bridge = await self.bridge()
        message_id = (await dispatch(self.daemon, bridge.agent_id,
                                     timeout_s=600)).json["message_id"]
        await bridge.receive_dispatch()
        head = {"type": "response", "agent_id": bridge.agent_id,
                "message_id": message_id}
        await bridge.send_text(json.dumps(head)[:-1] + "," + members)
        ended = await finished_record(self.daemon, message_id)
        await bridge.sync()
        return ended

    async def assert_ends(self, members, reason):
        ended = await self.end_with(members)
        self.assertEqual((ended["status"], ended["reason"]),
                         ("error", "unreadable_response"))
        self.assertIn("The agent's response could not be read",
                      ended["error"])
        self.assertIn(reason, ended["error"])

    @fails_at("8bd27b6")
    async def test_null_content_ends_the_dispatch_at_once(self):
        await self.assert_ends('"content":null}', "content: expected a string")

    @fails_at("8bd27b6")
    async def test_an_object_as_error_ends_the_dispatch_at_once(self):
        await self.assert_ends('"error":{"code":1}}', "error: expected a "
                               "string or null, got an object")

    @fails_at("8bd27b6")
    async def test_nesting_over_64_ends_the_dispatch_at_once(self):
        await self.assert_ends('"usage":{"x":' + "[" * 70 + "]" * 70 + "}}",
                               "nested deeper than 64 levels")

    @fails_at("8bd27b6")
    async def test_json_that_breaks_off_ends_the_dispatch_at_once(self):
        await self.assert_ends('"content":"half', "syntax error")
