"""A dispatch that waits for an agent that can do it, and never gets one."""

import asyncio
import json
import tempfile

from bridge import Bridge
from cases import AsyncCase, DaemonCase
from client import get, post
from daemon import Daemon
from events import EventStream
from scrape import scrape
from waiting import eventually, within

DISPATCH_ERROR = 5
NO_ANSWER_YET = 6
TIMED_OUT = 6


class UnassignedTest(DaemonCase):
    variables = {"BRIDGEKEEPER_STORE_DURABILITY": "commit"}

    async def waiting(self, **options):
        """The id of a dispatch that waits until an agent can do it."""
        answer = await post(self.daemon, "/control/dispatch", {
            "content": "x", "require": ["a-skill"], "queue_timeout_s": 600,
            **options})
        self.assertEqual(answer.status, 200, answer.body)
        self.assertIsNone(answer.json["agent_id"])
        return answer.json["message_id"]

    async def cancel(self, message_id):
        path = f"/control/dispatches/{message_id}/cancel"
        self.assertEqual((await post(self.daemon, path, {})).status, 200)

    async def follow(self, message_id, query=""):
        return await self.given(await EventStream.open_path(
            self.daemon, f"/control/dispatches/{message_id}/events{query}"))

    async def check_end(self, stream):
        with self.assertRaises(EOFError):
            await stream.next_block()
        self.assertEqual(await within(stream._process.wait(), "the end"), 0)

    async def check_outcome(self, stream, message_id, state):
        """The stream has one event, which shows the record."""
        block = await stream.next_block()
        self.assertEqual(set(block), {"event", "data"})
        self.assertEqual(block["event"], "dispatch_event")
        event = json.loads(block["data"])
        self.assertEqual(event["event_type"], "outcome")
        known = await get(self.daemon, f"/control/dispatches/{message_id}")
        self.assertEqual(event["metadata"], {
            "agent_id": None, "message_id": message_id, "record": known.json})
        self.assertEqual(known.json["state"], state)
        self.assertEqual(event["timestamp"], known.json["ended_at"])
        self.assertEqual(event["session_id"], known.json["session_id"])
        await self.check_end(stream)

    async def test_its_stream_ends_with_its_outcome(self):
        message_id = await self.waiting()
        streams = [await self.follow(message_id),
                   await self.follow(message_id[-12:]),
                   await self.follow(message_id, "?history=0")]
        await self.cancel(message_id)
        for stream in streams:
            await self.check_outcome(stream, message_id, "cancelled")

    async def test_its_stream_ends_when_its_time_is_over(self):
        message_id = await self.waiting(queue_timeout_s=1)
        await self.check_outcome(await self.follow(message_id), message_id,
                                 "timed_out")

    async def test_its_stream_is_its_outcome_after_its_end(self):
        message_id = await self.waiting(context={"a": ["\n", "\u2028"]})
        await self.cancel(message_id)
        for query in ("", "?history=0", "?last_event_id=other-7"):
            stream = await self.follow(message_id, query)
            if "last_event_id" in query:
                self.assertEqual((await stream.next_block())["event"], "gap")
            await self.check_outcome(stream, message_id, "cancelled")

    async def test_its_stream_goes_on_with_an_agent(self):
        message_id = await self.waiting()
        stream = await self.follow(message_id)
        bridge = await self.given(await Bridge.register(
            self.daemon, "able", capabilities=["a-skill"]))
        await bridge.receive_dispatch()
        await bridge.respond(message_id, "done")
        kinds = []
        while kinds[-1:] != ["agent_response"]:
            block = await stream.next_block()
            kinds.append(json.loads(block["data"])["event_type"])
        self.assertEqual(kinds[0], "task_dispatched")
        await self.check_end(stream)

    async def test_a_request_that_waits_for_it_gets_its_end(self):
        message_id = await self.waiting()
        path = f"/control/dispatches/{message_id}"
        asking = asyncio.create_task(get(self.daemon, f"{path}?wait=60"))
        _, waiting = await asyncio.wait({asking}, timeout=0.5)
        self.assertEqual(waiting, {asking})
        await self.cancel(message_id)
        self.assertEqual((await asking).json["state"], "cancelled")

    async def test_a_request_that_waits_in_vain_gets_its_record(self):
        message_id = await self.waiting()
        path = f"/control/dispatches/{message_id}"
        answer = await get(self.daemon, f"{path}?wait=0.5")
        self.assertEqual(answer.status, 202)
        self.assertEqual(answer.headers["location"], path)
        self.assertEqual(answer.json["message_id"], message_id)
        await self.cancel(message_id)

    async def test_a_short_id_is_waited_for_as_well(self):
        message_id = await self.waiting()
        path = f"/control/dispatches/{message_id[-12:]}"
        answer = await get(self.daemon, f"{path}?wait=0.5")
        self.assertEqual(answer.status, 202)
        asking = asyncio.create_task(get(self.daemon, f"{path}?wait=60"))
        _, waiting = await asyncio.wait({asking}, timeout=0.5)
        self.assertEqual(waiting, {asking})
        await self.cancel(message_id)
        self.assertEqual((await asking).json["message_id"], message_id)

    async def readers(self):
        return (await scrape(self.daemon)).value(
            "bridgekeeper_stream_readers", kind="event_stream")

    async def test_attach_returns_when_it_is_cancelled(self):
        message_id = await self.waiting()
        before = await self.readers()
        attached = asyncio.create_task(
            self.daemon.command("attach", message_id))

        async def is_followed():
            return await self.readers() > before
        await eventually(is_followed, "the stream")
        cancelled = await self.daemon.command("cancel", message_id)
        self.assertEqual((cancelled.status, cancelled.stderr), (0, ""))
        self.assertEqual(cancelled.stdout,
                         f"Dispatch {message_id} was cancelled.\n")
        outcome = await attached
        self.assertEqual(outcome.status, DISPATCH_ERROR)
        self.assertIn("failed: The dispatch was cancelled (cancelled).",
                      outcome.stderr)

    async def test_attach_says_that_its_time_was_over(self):
        message_id = await self.waiting(queue_timeout_s=1)
        # While it waits, and once it has ended.
        for _ in range(2):
            outcome = await self.daemon.command("attach", message_id)
            self.assertEqual(outcome.status, TIMED_OUT)
            self.assertIn("State: timed_out", outcome.stderr)
            self.assertIn("(timeout)", outcome.stderr)

    async def commanded(self, *arguments):
        """A command that waits for a dispatch, still at it after a while."""
        command = asyncio.create_task(self.daemon.command(*arguments))
        self.addCleanup(command.cancel)
        _, waiting = await asyncio.wait({command}, timeout=1.5)
        self.assertEqual(waiting, {command})
        return command

    async def test_result_waits_for_it(self):
        message_id = await self.waiting()
        command = await self.commanded("result", message_id, "--wait")
        await self.cancel(message_id)
        outcome = await within(command, "the command's end")
        self.assertEqual(outcome.status, DISPATCH_ERROR)
        self.assertIn("cancelled", outcome.stderr)

    async def test_result_shows_the_answer_of_the_agent_that_gets_it(self):
        message_id = await self.waiting(require=["late-skill"])
        command = await self.commanded("result", message_id, "--wait")
        bridge = await self.given(await Bridge.register(
            self.daemon, "late", capabilities=["late-skill"]))
        await bridge.receive_dispatch()
        await bridge.respond(message_id, "the answer")
        outcome = await within(command, "the command's end")
        self.assertEqual((outcome.status, outcome.stdout),
                         (0, "the answer\n"))

    async def test_without_waiting_result_says_that_no_agent_has_it(self):
        message_id = await self.waiting()
        outcome = await self.daemon.command("result", message_id)
        self.assertEqual((outcome.status, outcome.stdout), (NO_ANSWER_YET, ""))
        self.assertTrue(outcome.stderr.startswith(
            "No agent has the dispatch yet: it is queued. "), outcome.stderr)
        await self.cancel(message_id)

    async def test_a_repeated_key_waits_for_it(self):
        dispatch = ("dispatch", "--require", "a-skill", "x",
                    "--queue-timeout", "600", "--key", "repeated")
        first = await self.daemon.command(*dispatch)
        message_id = first.stdout.strip()
        command = await self.commanded(*dispatch, "--wait")
        await self.cancel(message_id)
        outcome = await within(command, "the command's end")
        self.assertEqual(outcome.status, DISPATCH_ERROR)
        self.assertIn(f"the key belongs to dispatch {message_id}",
                      outcome.stderr)
        self.assertIn("State: cancelled", outcome.stderr)

    async def test_a_control_client_can_cancel_it(self):
        control = await self.control()
        message_id = await self.waiting()
        await control.ask("cancel", "c", message_id=message_id)
        answer = await control.next("c")
        self.assertEqual((answer["type"], answer["record"]["reason"]),
                         ("record", "cancelled"))


class RestartedTest(AsyncCase):

    def setUp(self):
        super().setUp()
        self.directory = self.enterContext(tempfile.TemporaryDirectory())

    def start(self):
        daemon = Daemon(directory=self.directory).start()
        self.addCleanup(daemon.kill)
        return daemon

    async def waiting(self, daemon):
        answer = await post(daemon, "/control/dispatch", {
            "content": "x", "require": ["a-skill"], "queue_timeout_s": 600})
        return answer.json["message_id"]

    async def cancel(self, daemon, message_id):
        path = f"/control/dispatches/{message_id}/cancel"
        self.assertEqual((await post(daemon, path, {})).status, 200)

    async def outcome(self, stream):
        event = await stream.next()
        self.assertEqual(event["event_type"], "outcome")
        with self.assertRaises(EOFError):
            await stream.next_block()
        return event["metadata"]["record"]

    async def test_after_a_restart_its_stream_has_its_outcome_as_well(self):
        first = self.start()
        ended = await self.waiting(first)
        await self.cancel(first, ended)
        unfinished = await self.waiting(first)
        first.kill()
        second = self.start()
        streams = {x: await self.given(await EventStream.open_path(
            second, f"/control/dispatches/{x}/events"))
            for x in (ended, unfinished)}
        await self.cancel(second, unfinished)
        for message_id, stream in streams.items():
            record = await self.outcome(stream)
            self.assertEqual((record["message_id"], record["reason"]),
                             (message_id, "cancelled"))


class MemoryTest(DaemonCase):
    variables = {"BRIDGEKEEPER_STORE_DURABILITY": "none"}

    async def test_without_a_store_it_has_no_stream(self):
        answer = await post(self.daemon, "/control/dispatch", {
            "content": "x", "require": ["a-skill"], "queue_timeout_s": 600})
        path = f"/control/dispatches/{answer.json['message_id']}"
        for _ in range(2):
            refused = await get(self.daemon, f"{path}/events")
            self.assertEqual((refused.status, refused.json["code"]),
                             (404, "unknown_dispatch"))
            await post(self.daemon, f"{path}/cancel", {})
