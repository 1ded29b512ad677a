"""The stream of a dispatch, which ends with it, and the command `attach`."""

import asyncio
import json
import signal
import subprocess
import tempfile

from bridge import Bridge
from cases import AsyncCase, DaemonCase
from client import dispatch, finished_record, get, post
from daemon import BINARY, Daemon, TOKEN, environment
from events import EventStream
from waiting import eventually, within

DISPATCH_ERROR = 5
TIMED_OUT = 6


def path_of(message_id):
    return f"/control/dispatches/{message_id}/events"


async def opened(daemon, message_id, last_event=None, query=""):
    headers = {"Last-Event-ID": last_event} if last_event else {}
    return await EventStream.open_path(daemon, path_of(message_id) + query,
                                       headers=headers)


async def rest_of(stream):
    """All blocks up to the end of the response, which must be complete."""
    blocks = []
    while True:
        try:
            blocks.append(await stream.next_block())
        except EOFError:
            break
    # curl fails if the last chunk is missing.
    assert await within(stream._process.wait(), "curl's end") == 0
    return blocks


def types(blocks):
    return [json.loads(x["data"]).get("event_type", x["event"])
            for x in blocks]


def texts(blocks):
    return [json.loads(x["data"])["metadata"].get("progress_text")
            for x in blocks]


class DispatchStreamTest(DaemonCase):
    variables = {"BRIDGEKEEPER_STORE_DURABILITY": "commit"}

    async def sent(self, bridge):
        answer = await dispatch(self.daemon, bridge.agent_id)
        await bridge.receive_dispatch()
        return answer.json["message_id"]

    async def all_of(self, message_id, *arguments):
        async with await opened(self.daemon, message_id,
                                *arguments) as stream:
            self.assertEqual(stream.status, 200)
            return await rest_of(stream)

    async def test_history_then_live_events_then_the_end(self):
        bridge = await self.bridge()
        other = await self.sent(bridge)
        message_id = await self.sent(bridge)
        await bridge.progress(message_id, progress_text="1")
        await bridge.progress(other, progress_text="of another")
        await bridge.sync()
        stream = await self.given(await opened(self.daemon, message_id))
        self.assertEqual(stream.headers["content-type"],
                         "text/event-stream; charset=utf-8")
        self.assertEqual(stream.headers["connection"], "close")
        first = await stream.next_block()
        self.assertEqual(first["event"], "dispatch_event")
        self.assertEqual(stream.retry, "3000")
        await bridge.progress(message_id, progress_text="2")
        await bridge.respond(other, "another")
        await bridge.respond(message_id, "done")
        blocks = [first] + await rest_of(stream)
        self.assertEqual(types(blocks), ["task_dispatched", "agent_progress",
                                         "agent_progress", "agent_response"])
        self.assertEqual(texts(blocks)[1:3], ["1", "2"])
        # After the end, the same is the history.
        self.assertEqual(await self.all_of(message_id), blocks)

    async def test_a_reader_continues_after_its_last_event(self):
        bridge = await self.bridge()
        message_id = await self.sent(bridge)
        await bridge.progress(message_id, progress_text="1")
        await bridge.respond(message_id, "done")
        await finished_record(self.daemon, message_id)
        blocks = await self.all_of(message_id)
        self.assertEqual(await self.all_of(message_id, blocks[0]["id"]),
                         blocks[1:])
        self.assertEqual(await self.all_of(message_id, blocks[-1]["id"]), [])
        query = "?last_event_id=" + blocks[1]["id"]
        self.assertEqual(await self.all_of(message_id, None, query),
                         blocks[2:])
        self.assertEqual(await self.all_of(message_id, None, "?history=0"),
                         [])

    async def test_a_cancel_ends_it_and_a_late_result_is_history(self):
        bridge = await self.bridge()
        message_id = await self.sent(bridge)
        stream = await self.given(await opened(self.daemon, message_id))
        await stream.until("task_dispatched")
        answer = await post(self.daemon,
                            f"/control/dispatches/{message_id}/cancel", {})
        self.assertEqual(answer.status, 200)
        self.assertEqual(types(await rest_of(stream)),
                         ["task_cancelled", "agent_error"])
        await bridge.respond(message_id, "late")

        async def is_kept():
            known = await get(self.daemon,
                              f"/control/dispatches/{message_id}")
            return known.json["late_results"] == 1
        await eventually(is_kept, "the late result")
        self.assertEqual(types(await self.all_of(message_id)),
                         ["task_dispatched", "task_cancelled", "agent_error",
                          "late_result"])

    async def test_short_ids_work(self):
        bridge = await self.bridge()
        message_id = await self.sent(bridge)
        await bridge.respond(message_id, "done")
        await finished_record(self.daemon, message_id)
        self.assertEqual(types(await self.all_of(message_id[-12:])),
                         ["task_dispatched", "agent_response"])

    async def test_an_unknown_dispatch_is_refused_as_its_record_is(self):
        for id in ("none", "00000000-0000-4000-8000-000000000000"):
            answer = await get(self.daemon, path_of(id))
            known = await get(self.daemon, f"/control/dispatches/{id}")
            self.assertEqual((answer.status, answer.json),
                             (known.status, known.json))
            self.assertEqual(answer.status, 404)

    async def test_many_events_are_read_in_pages(self):
        bridge = await self.bridge()
        message_id = await self.sent(bridge)
        for number in range(3000):
            await bridge.progress(message_id, progress_text=f"{number}")
        stream = await self.given(await opened(self.daemon, message_id))
        await bridge.respond(message_id, "done")
        blocks = await rest_of(stream)
        self.assertNotIn("gap", types(blocks))
        self.assertEqual(texts(blocks)[1:-1], [f"{n}" for n in range(3000)])


class MemoryStreamTest(DispatchStreamTest):
    """Without a store, as far as the daemon remembers."""
    variables = {"BRIDGEKEEPER_STORE_DURABILITY": "none",
                 "BRIDGEKEEPER_EVENTS_HISTORY_PER_STREAM": "10000"}

    async def test_a_cancel_ends_it_and_a_late_result_is_history(self):
        bridge = await self.bridge()
        message_id = await self.sent(bridge)
        stream = await self.given(await opened(self.daemon, message_id))
        await post(self.daemon, f"/control/dispatches/{message_id}/cancel", {})
        self.assertEqual(types(await rest_of(stream)),
                         ["task_dispatched", "task_cancelled", "agent_error"])

    async def test_short_ids_work(self):
        """They need a store."""
        bridge = await self.bridge()
        message_id = await self.sent(bridge)
        answer = await get(self.daemon, path_of(message_id[-12:]))
        self.assertEqual(answer.status, 404)


class AttachTest(DaemonCase):
    variables = {"BRIDGEKEEPER_STORE_DURABILITY": "commit"}

    async def started(self, *arguments):
        process = await asyncio.create_subprocess_exec(
            BINARY, "attach", "--data-dir", str(self.daemon.directory),
            *arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(VIBEFORGE_AUTH_TOKEN=self.daemon.token))
        self.addCleanup(lambda: process.returncode is None and process.kill())
        return process

    async def ended(self, process):
        out, err = await within(process.communicate(), "the command's end")
        return process.returncode, out.decode(), err.decode()

    async def sent(self, bridge, **fields):
        answer = await dispatch(self.daemon, bridge.agent_id, **fields)
        await bridge.receive_dispatch()
        return answer.json["message_id"]

    async def test_it_shows_progress_then_the_answer(self):
        bridge = await self.bridge()
        message_id = await self.sent(bridge)
        await bridge.progress(message_id, progress_text="before")
        process = await self.started(message_id[-12:])
        self.assertEqual(await within(process.stderr.readline(), "progress"),
                         b"before\n")
        await bridge.progress(message_id, progress_text="after")
        await bridge.respond(message_id, "the answer")
        self.assertEqual(await self.ended(process),
                         (0, "the answer\n", "after\n"))
        # Once more, when it has ended.
        process = await self.started(message_id)
        self.assertEqual(await self.ended(process),
                         (0, "the answer\n", "before\nafter\n"))

    async def test_with_json_it_prints_the_record(self):
        bridge = await self.bridge()
        message_id = await self.sent(bridge)
        await bridge.respond(message_id, "x")
        status, out, _ = await self.ended(
            await self.started(message_id, "--json"))
        self.assertEqual(status, 0)
        known = (await get(self.daemon,
                           f"/control/dispatches/{message_id}")).json
        self.assertEqual(json.loads(out), known)

    async def test_its_exit_codes_are_those_of_a_wait(self):
        bridge = await self.bridge()
        failed = await self.sent(bridge)
        await bridge.respond(failed, "", error="boom")
        status, _, err = await self.ended(await self.started(failed))
        self.assertEqual(status, DISPATCH_ERROR)
        self.assertIn("reports that the task failed: boom", err)
        late = await self.sent(bridge, timeout_s=0.2)
        status, _, err = await self.ended(await self.started(late))
        self.assertEqual(status, TIMED_OUT)
        status, out, err = await self.ended(await self.started("none"))
        self.assertEqual((status, out), (DISPATCH_ERROR, ""))
        self.assertIn("Bridgekeeper has no record of dispatch none", err)
        outcome = await self.daemon.command("attach", late, "--url",
                                            "http://127.0.0.1:1")
        self.assertEqual(outcome.status, 3)
        outcome = await self.daemon.command("attach", late,
                                            VIBEFORGE_AUTH_TOKEN="wrong")
        self.assertEqual(outcome.status, 4)

    async def test_an_interrupt_leaves_the_dispatch_running(self):
        bridge = await self.bridge()
        message_id = await self.sent(bridge)
        await bridge.progress(message_id, progress_text="busy")
        process = await self.started(message_id)
        await within(process.stderr.readline(), "progress")
        process.send_signal(signal.SIGINT)
        status, out, err = await self.ended(process)
        self.assertEqual((status, out), (-signal.SIGINT, ""))
        self.assertIn("Interrupted; the dispatch continues.", err)
        self.assertIn(message_id, err)
        await bridge.respond(message_id, "done")
        known = await finished_record(self.daemon, message_id)
        self.assertEqual(known["status"], "completed")


class RestartedStreamTest(AsyncCase):

    def setUp(self):
        super().setUp()
        self.directory = self.enterContext(tempfile.TemporaryDirectory())

    def start(self, listen="127.0.0.1:0"):
        daemon = Daemon(directory=self.directory, listen=listen,
                        BRIDGEKEEPER_SHUTDOWN_DRAIN_TIMEOUT="0.1").start()
        self.addCleanup(daemon.kill)
        return daemon

    async def worked(self, daemon):
        """An unfinished dispatch with progress."""
        bridge = await self.given(await Bridge.register(daemon, "a"))
        message_id = (await dispatch(daemon, "a")).json["message_id"]
        await bridge.receive_dispatch()
        await bridge.progress(message_id, progress_text="1")
        await bridge.sync()
        return message_id

    async def test_the_history_outlives_the_daemon(self):
        first = self.start()
        message_id = await self.worked(first)
        async with await opened(first, message_id) as stream:
            seen = [await stream.next_block() for _ in range(2)]
        first.kill()
        second = self.start()
        async with await opened(second, message_id) as stream:
            blocks = await rest_of(stream)
        self.assertEqual(types(blocks), ["task_dispatched", "agent_progress",
                                         "agent_error"])
        self.assertEqual(blocks[:2], seen)
        async with await opened(second, message_id,
                                seen[-1]["id"]) as stream:
            self.assertEqual(await rest_of(stream), blocks[2:])

    async def test_attach_reconnects_to_a_restarted_daemon(self):
        first = self.start()
        message_id = await self.worked(first)
        process = await asyncio.create_subprocess_exec(
            BINARY, "attach", "--data-dir", str(self.directory), message_id,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(VIBEFORGE_AUTH_TOKEN=TOKEN))
        self.addCleanup(lambda: process.returncode is None and process.kill())
        self.assertEqual(await within(process.stderr.readline(), "progress"),
                         b"1\n")
        address = first.address
        first.kill()
        self.start(listen=address)
        _, err = await within(process.communicate(), "the command's end", 30)
        self.assertEqual(process.returncode, DISPATCH_ERROR)
        self.assertIn("Trying again in", err.decode())
        self.assertIn("State: lost", err.decode())
        # Nothing is shown twice.
        self.assertNotIn("1\n", err.decode().splitlines(keepends=True))
