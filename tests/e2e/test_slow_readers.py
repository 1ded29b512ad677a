"""Peers that do not read what they are sent, or send more than fits."""

import asyncio
import json

from bridge import Bridge
from bystander import MEBIBYTE, undisturbed
from cases import DaemonCase
from client import ControlSocket, agent_status, dispatch, finished_record
from client import get
from events import EventStream
from raw import RawConnection, frame
from regression import fails_at
from waiting import eventually, pace

# So much in one response that a few of them fill every buffer.
LARGE = "x" * (MEBIBYTE // 2)
RESPONSES = 300


class SlowReaderCase(DaemonCase):
    # What the daemon may hold on purpose is kept out of the picture.
    variables = {"BRIDGEKEEPER_EVENTS_HISTORY_BYTES": "4MiB",
                 "BRIDGEKEEPER_CONTROL_WRITE_QUEUE_BYTES": "8MiB",
                 "BRIDGEKEEPER_SERVER_PEER_TIMEOUT": "1"}
    flags = ("--request-timeout", "1")

    async def large_answers(self, bridge):
        """The bridge answers every task with a large text."""
        async for text in bridge.socket:
            task = json.loads(text)
            if task["type"] == "dispatch":
                await bridge.respond(task["message_id"], LARGE)

    async def talkative_bridge(self):
        bridge = await self.bridge(self.agent_name("-talks"))
        answering = asyncio.create_task(self.large_answers(bridge))
        self.addAsyncCleanup(self.stopped, answering)
        return bridge

    @staticmethod
    async def stopped(task):
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def have_work_done(self, bridge):
        """Many large responses, one after the other, none of them lost."""
        async with await ControlSocket.open(self.daemon) as control:
            for number in range(RESPONSES):
                await control.dispatch(f"{number}", bridge.agent_id,
                                       quiet=True)
                answer = await control.result(f"{number}")
                self.assertEqual(len(answer["content"]), len(LARGE))


class SlowBridgeTest(SlowReaderCase):

    async def overwhelm(self, control, agent_id):
        """More dispatches than the daemon keeps for one bridge."""
        for number in range(100):
            await control.dispatch(f"{number}", agent_id, "😀" * 10_000,
                                   context={"x": "y" * 150_000})
        return [f"{number}" for number in range(100)]

    async def refused(self, control, ids):
        """Which of the dispatches were refused; each for the one reason."""
        out = []
        for id in ids:
            answer = await control.next(id)
            if answer["type"] == "error":
                self.assertEqual(answer["code"], "bridge_behind")
                out.append(id)
        return out

    @fails_at("8bd27b6")
    async def test_a_bridge_that_never_reads_keeps_its_link(self):
        name = self.agent_name()
        async with undisturbed(self.daemon), \
                await ControlSocket.open(self.daemon) as control, \
                await RawConnection.registered(
                    self.daemon, name, receive_buffer=4096):
            ids = await self.overwhelm(control, name)
            refused = await self.refused(control, ids)
            # The first ones wait for the bridge, the last ones found no room.
            # How many depends on how much the kernel buffers.
            self.assertTrue(20 < len(refused) < 80, len(refused))
            self.assertEqual(refused, ids[-len(refused):])
            answer = await dispatch(self.daemon, name)
            self.assertEqual(answer.status, 503)
            self.assertEqual(answer.json["detail"],
                             "The agent's bridge has not read earlier messages "
                             "yet")
            self.assertIn("retry-after", answer.headers)
            # Longer than any client may go without reading.
            await pace(3)
            self.assertEqual(await agent_status(self.daemon, name),
                             "connected")

    @fails_at("8bd27b6")
    async def test_one_that_reads_again_gets_all_that_was_accepted(self):
        bridge = await self.bridge()
        bridge.socket.transport.pause_reading()
        async with await ControlSocket.open(self.daemon) as control:
            ids = await self.overwhelm(control, bridge.agent_id)
            refused = await self.refused(control, ids)
            self.assertTrue(refused)
            bridge.socket.transport.resume_reading()
            bridge.work()
            for id in ids[:-len(refused)]:
                answer = await control.result(id)
                self.assertEqual(answer["type"], "response")
            await control.dispatch("next", bridge.agent_id)
            answer = await control.result("next")
            self.assertEqual(answer["type"], "response")

    async def test_a_bridge_that_reads_late_gets_everything(self):
        bridge = await self.bridge()
        bridge.socket.transport.pause_reading()
        control = await self.control()
        for number in range(30):
            await control.dispatch(f"{number}", bridge.agent_id,
                                   context={"x": "y" * 100_000})
        for number in range(30):
            self.assertEqual((await control.next(f"{number}"))["type"],
                             "accepted")
        bridge.socket.transport.resume_reading()
        for number in range(30):
            task = await bridge.receive_dispatch()
            self.assertEqual(len(task["context"]["x"]), 100_000)


class SlowClientTest(SlowReaderCase):

    async def test_a_control_client_that_never_reads_is_dropped(self):
        bridge = await self.talkative_bridge()
        request = json.dumps({"type": "dispatch", "id": "1",
                              "agent_id": bridge.agent_id, "content": "x"})
        async with undisturbed(self.daemon), \
                await RawConnection.upgraded(
                    self.daemon, "/ws/control", self.daemon.token,
                    receive_buffer=4096) as raw:
            for _ in range(RESPONSES):
                await raw.send(frame(request))
            # It is closed, so what it sends is refused some day.

            async def is_cut_off():
                return not await raw.send_as_far_as_taken(frame(request))
            await eventually(is_cut_off, "the client is dropped", 30)

    async def test_a_client_that_asks_and_never_reads_is_dropped(self):
        await self.bridge(metadata={"x": "y" * 100_000})
        request = frame('{"type":"agents","id":"1"}') * 100
        async with undisturbed(self.daemon), \
                await RawConnection.upgraded(
                    self.daemon, "/ws/control", self.daemon.token,
                    receive_buffer=4096) as raw:
            async def is_cut_off():
                return not await raw.send_as_far_as_taken(request)
            await eventually(is_cut_off, "the client is dropped", 30)

    async def test_an_event_reader_that_never_reads_costs_little(self):
        bridge = await self.talkative_bridge()
        async with undisturbed(self.daemon), \
                await RawConnection.open(self.daemon,
                                         receive_buffer=4096) as raw:
            await raw.send(
                f"GET /control/agents/{bridge.agent_id}/events HTTP/1.1\r\n"
                f"Host: x\r\nX-Auth-Token: {self.daemon.token}\r\n\r\n")
            await raw.receive_until(b"\r\n\r\n")
            await self.have_work_done(bridge)

    async def test_another_reader_of_the_same_stream_misses_nothing(self):
        bridge = await self.talkative_bridge()
        path = f"/control/agents/{bridge.agent_id}/events"
        async with await RawConnection.open(
                self.daemon, receive_buffer=4096) as slow, \
                await EventStream.open(self.daemon,
                                       bridge.agent_id) as stream:
            await slow.send(f"GET {path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: "
                            f"{self.daemon.token}\r\n\r\n")

            async def heard():
                count = 0
                while count < RESPONSES:
                    event = await stream.next()
                    count += event["event_type"] == "agent_response"
            hearing = asyncio.create_task(heard())
            await self.have_work_done(bridge)
            await hearing

    async def test_an_http_client_that_never_reads_is_cut_off(self):
        bridge = await self.talkative_bridge()
        answer = await dispatch(self.daemon, bridge.agent_id)
        message_id = answer.json["message_id"]
        await finished_record(self.daemon, message_id)
        request = (f"GET /control/dispatches/{message_id} HTTP/1.1\r\n"
                   f"Host: x\r\nX-Auth-Token: {self.daemon.token}\r\n\r\n")
        async with undisturbed(self.daemon), \
                await RawConnection.open(self.daemon,
                                         receive_buffer=4096) as raw:
            await raw.send(request * 100)

            async def is_cut_off():
                return not await raw.send_as_far_as_taken(request)
            await eventually(is_cut_off, "the client is cut off")


class LateReaderTest(DaemonCase):
    """An event reader that stops for a while, and then reads on."""

    TASKS = 200
    REPORTS = 20
    CONTENT = "x" * 100_000

    async def chatty_answers(self, bridge):
        """The bridge reports much on every task, and answers at length."""
        async for text in bridge.socket:
            task = json.loads(text)
            if task["type"] != "dispatch":
                continue
            for number in range(self.REPORTS):
                await bridge.progress(task["message_id"],
                                      progress_text=f"step {number}")
            await bridge.respond(task["message_id"], self.CONTENT)

    async def work_done(self, bridge):
        """The dispatches whose responses came."""
        answering = asyncio.create_task(self.chatty_answers(bridge))
        done = []
        async with await ControlSocket.open(self.daemon) as control:
            for number in range(self.TASKS):
                await control.dispatch(f"{number}", bridge.agent_id,
                                       quiet=True)
                answer = await control.result(f"{number}")
                done.append(answer["message_id"])
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)
        return done

    async def heard(self, raw, last):
        """Kinds and dispatches, in order, up to the response to `last`; of a
        gap only its kind."""
        out = []
        while ("agent_response", last) not in out[-1:]:
            block = await raw.receive_until(b"\n\n")
            lines = [line.split(": ", 1) for line in block.decode().split("\n")
                     if ": " in line and not line.startswith(":")]
            fields = dict(lines)
            if fields.get("event") == "gap":
                out.append(("gap", None))
            elif "data" in fields:
                event = json.loads(fields["data"])
                out.append((event["event_type"],
                            event["metadata"].get("message_id")))
        return out

    async def test_one_that_reads_late_gets_every_response_once(self):
        bridge = await self.bridge()
        async with await RawConnection.open(self.daemon,
                                            receive_buffer=65536) as raw:
            # HTTP/1.0, so that nothing stands between the events.
            await raw.send(
                f"GET /control/agents/{bridge.agent_id}/events HTTP/1.0\r\n"
                f"X-Auth-Token: {self.daemon.token}\r\n\r\n")
            await raw.receive_until(b"\r\n\r\n")
            done = await self.work_done(bridge)
            heard = await self.heard(raw, done[-1])
        self.assertEqual([message for kind, message in heard
                          if kind == "agent_response"], done)
        self.assertEqual([message for kind, message in heard
                          if kind == "task_dispatched"], done)
        self.assertIn(("gap", None), heard)


class FloodTest(SlowReaderCase):

    async def test_a_flood_of_progress_costs_little(self):
        name = self.agent_name()
        async with undisturbed(self.daemon), \
                await Bridge.register(self.daemon, name) as bridge, \
                await EventStream.open(self.daemon, name):
            # Its reader, curl, is never read from.
            answer = await dispatch(self.daemon, name)
            message_id = answer.json["message_id"]
            await bridge.receive_dispatch()
            report = json.dumps({
                "type": "progress", "agent_id": name, "status": "busy",
                "message_id": message_id, "progress_text": "p" * 1000})
            for _ in range(60_000):
                await bridge.send_text(report)
            await bridge.respond(message_id, "at last")
            known = await finished_record(self.daemon, message_id)
            self.assertEqual(known["content"], "at last")

    async def test_a_flood_of_heartbeats_nobody_reads_is_bounded(self):
        name = self.agent_name()
        async with undisturbed(self.daemon):
            raw = await RawConnection.registered(self.daemon, name,
                                                 receive_buffer=4096)
            async with raw:
                beat = frame(json.dumps({"type": "heartbeat",
                                         "agent_id": name})) * 1000
                # Several times what the daemon keeps for one bridge.
                for _ in range(500):
                    await raw.send(beat)
                self.assertEqual(await agent_status(self.daemon, name),
                                 "connected")

    async def test_the_health_answer_comes_while_much_is_sent(self):
        bridge = await self.talkative_bridge()
        working = asyncio.create_task(self.have_work_done(bridge))
        while not working.done():
            answer = await get(self.daemon, "/health", deadline=5)
            self.assertEqual(answer.status, 200)
        await working
