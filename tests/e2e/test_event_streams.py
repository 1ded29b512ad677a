"""Event streams over HTTP: all past events, then what happens."""

import json

from bridge import Bridge
from cases import AsyncCase, DaemonCase
from client import dispatch, get
from events import EventStream
from raw import RawConnection
from waiting import Stopwatch, eventually

_FIELDS = {"event_type", "timestamp", "session_id", "message", "phase",
           "task_id", "metadata"}
_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$"


class EventStreamTest(DaemonCase):

    async def stream(self, agent_id):
        return await self.given(await EventStream.open(self.daemon,
                                                       agent_id))

    async def test_the_headers_are_those_the_panel_needs(self):
        bridge = await self.bridge()
        stream = await self.stream(bridge.agent_id)
        self.assertEqual(stream.status, 200)
        self.assertEqual(stream.headers["content-type"],
                         "text/event-stream; charset=utf-8")
        self.assertEqual(stream.headers["cache-control"], "no-store")
        self.assertEqual(stream.headers["x-accel-buffering"], "no")
        self.assertNotIn("content-length", stream.headers)

    async def test_a_task_s_life_is_told_field_by_field(self):
        name = self.agent_name()
        bridge = await self.bridge(capabilities=["c"], workdir="/w")
        answer = await dispatch(self.daemon, name)
        message_id = answer.json["message_id"]
        await bridge.progress(message_id, "busy", progress_text="half")
        await bridge.respond(message_id, "grüße", usage={"cost": 1})
        answer = await dispatch(self.daemon, name)
        failed = answer.json["message_id"]
        await bridge.respond(failed, "", error="boom")
        await bridge.close()
        stream = await self.stream(name)
        seen = [await stream.next() for _ in range(7)]
        for event in seen:
            self.assertEqual(set(event), _FIELDS)
            self.assertRegex(event["timestamp"], _TIME)
            self.assertEqual(event["metadata"].pop("agent_id"), name)
            self.assertIsNone(event["phase"])
            self.assertIsNone(event["task_id"])
        told = [(x["event_type"], x["message"], x["metadata"])
                for x in seen]
        connected = told[0][2]
        connected.pop("incarnation", None)
        self.assertEqual(told, [
            ("agent_connected", f"Agent {name} connected",
             {"capabilities": ["c"], "workdir": "/w"}),
            ("task_dispatched", f"Dispatched task to agent {name}",
             {"message_id": message_id}),
            ("agent_progress", f"Agent {name} progress: busy",
             {"message_id": message_id, "status": "busy",
              "progress_text": "half"}),
            ("agent_response", f"Agent {name} responded",
             {"message_id": message_id, "content": "grüße",
              "content_length": len("grüße"), "usage": {"cost": 1}}),
            ("task_dispatched", f"Dispatched task to agent {name}",
             {"message_id": failed}),
            ("agent_error", f"Agent {name} error: boom",
             {"message_id": failed, "error": "boom",
              "reason": "task_failed"}),
            ("agent_disconnected", f"Agent {name} disconnected",
             {"reason": "agent_lost", "detail": "closed by peer with 1000"})])

    async def test_past_events_come_first_then_live_ones_none_twice(self):
        bridge = (await self.bridge()).work(progress=1)
        for number in range(20):
            await dispatch(self.daemon, bridge.agent_id, f"{number}",
                           query="?wait=10")
        stream = await self.stream(bridge.agent_id)
        seen = [await stream.next() for _ in range(30)]
        for number in range(20, 40):
            await dispatch(self.daemon, bridge.agent_id, f"{number}",
                           query="?wait=10")
        seen += [await stream.next() for _ in range(1 + 40 * 3 - 30)]
        contents = [x["metadata"]["content"] for x in seen
                    if x["event_type"] == "agent_response"]
        self.assertEqual(contents, [f"{n}" for n in range(40)])
        stamps = [x["timestamp"] for x in seen]
        self.assertEqual(stamps, sorted(set(stamps)),
                         "times are not strictly increasing")

    async def test_every_event_is_called_agent_event_and_has_an_id(self):
        bridge = await self.bridge()
        await dispatch(self.daemon, bridge.agent_id)
        stream = await self.stream(bridge.agent_id)
        ids = []
        for _ in range(2):
            block = await stream.next_block()
            self.assertEqual(block["event"], "agent_event")
            ids.append(block["id"].rsplit("-", 1))
        # Which daemon's it is, and its place in the order of all events.
        self.assertEqual(ids[0][0], ids[1][0])
        self.assertLess(int(ids[0][1]), int(ids[1][1]))

    async def test_text_with_line_ends_stays_one_event(self):
        bridge = await self.bridge()
        answer = await dispatch(self.daemon, bridge.agent_id)
        text = "a\nb\r\nc\rd\n\ndata: forged\n\n\u2028\x85\x00\"\\"
        await bridge.respond(answer.json["message_id"], text)
        stream = await self.stream(bridge.agent_id)
        seen = await stream.until("agent_response")
        self.assertEqual(seen[-1]["metadata"]["content"], text)

    async def test_an_event_larger_than_the_stream_s_buffer_arrives(self):
        bridge = await self.bridge()
        stream = await self.stream(bridge.agent_id)
        for size in (3_000_000, 5, 6_000_000):
            answer = await dispatch(self.daemon, bridge.agent_id)
            message_id = answer.json["message_id"]
            await bridge.respond(message_id, "x" * size)
            seen = await stream.until("agent_response", message_id)
            self.assertEqual(seen[-1]["metadata"]["content_length"], size)

    async def test_an_event_is_there_at_once(self):
        bridge = await self.bridge()
        stream = await self.stream(bridge.agent_id)
        await stream.next()
        watch = Stopwatch()
        for _ in range(20):
            answer = await dispatch(self.daemon, bridge.agent_id)
            event = await stream.next()
            self.assertEqual(event["metadata"]["message_id"],
                             answer.json["message_id"])
        # A stream that polls once a second would take ten times that.
        self.assertLess(watch.seconds, 3)

    async def test_many_readers_all_hear_the_same(self):
        bridge = await self.bridge()
        streams = [await self.stream(bridge.agent_id) for _ in range(20)]
        answer = await dispatch(self.daemon, bridge.agent_id)
        await bridge.respond(answer.json["message_id"], "to all")
        told = [await stream.until("agent_response") for stream in streams]
        for seen in told[1:]:
            self.assertEqual(seen, told[0])

    async def test_one_agent_s_stream_has_nothing_of_another(self):
        one = await self.bridge(self.agent_name("-one"))
        other = await self.bridge(self.agent_name("-other"))
        stream = await self.stream(one.agent_id)
        await dispatch(self.daemon, other.agent_id)
        await dispatch(self.daemon, one.agent_id)
        seen = await stream.until("task_dispatched")
        self.assertEqual({x["metadata"]["agent_id"] for x in seen},
                         {one.agent_id})

    async def test_http_1_0_gets_a_stream_without_chunks(self):
        bridge = await self.bridge()
        async with await RawConnection.open(self.daemon) as raw:
            await raw.send(
                f"GET /control/agents/{bridge.agent_id}/events HTTP/1.0\r\n"
                f"X-Auth-Token: {self.daemon.token}\r\n\r\n")
            head = await raw.receive_until(b"\r\n\r\n")
            self.assertNotIn(b"chunked", head)
            self.assertEqual(await raw.receive_until(b"\n\n"),
                             b"retry: 3000\n\n")
            block = (await raw.receive_until(b"\n\n")).decode()
        data, = [x for x in block.splitlines() if x.startswith("data: ")]
        self.assertEqual(json.loads(data[6:])["event_type"],
                         "agent_connected")

    async def test_a_reader_that_leaves_is_forgotten(self):
        bridge = await self.bridge()
        stream = await EventStream.open(self.daemon, bridge.agent_id)
        await stream.next()
        await stream.close()
        await dispatch(self.daemon, bridge.agent_id)
        await bridge.receive_dispatch()
        await bridge.sync()


class HistoryTest(AsyncCase):

    async def test_a_reader_is_told_when_older_events_are_gone(self):
        daemon = self.start_daemon(BRIDGEKEEPER_EVENTS_HISTORY_PER_STREAM="5")
        bridge = await self.given(await Bridge.register(daemon, "a"))
        answer = await dispatch(daemon, "a")
        message_id = answer.json["message_id"]
        for number in range(20):
            await bridge.progress(message_id, progress_text=f"{number}")
        await bridge.receive_dispatch()
        await bridge.sync()
        session = (await get(daemon, "/control/context")).json[
            "control_session_id"]

        async def is_all_told():
            past = (await get(daemon, f"/control/sessions/{session}/events/"
                              "filter?agent_id=a")).json["events"]
            return past[-1]["metadata"].get("progress_text") == "19"
        await eventually(is_all_told, "the last report")
        async with await EventStream.open(daemon, "a") as stream:
            self.assertEqual((await stream.next_block())["event"], "gap")
            seen = [await stream.next() for _ in range(7)]
        # Progress pushes out progress alone.
        self.assertEqual([x["event_type"] for x in seen[:2]],
                         ["agent_connected", "task_dispatched"])
        self.assertEqual([x["metadata"]["progress_text"] for x in seen[2:]],
                         [f"{n}" for n in range(15, 20)])
