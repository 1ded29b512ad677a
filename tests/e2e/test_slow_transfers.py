"""Transfers that take long and get on, and peers that are gone."""

import asyncio
import json

from cases import DaemonCase
from client import ControlSocket, dispatch, finished_record, post
from raw import PONG, RawConnection, frame
from regression import fails_at
from waiting import pace

MEBIBYTE = 1024 * 1024

# Over the settings below, and long enough that a loaded machine keeps it.
STEP = 0.2


class TransferCase(DaemonCase):
    variables = {"BRIDGEKEEPER_HTTP_REQUEST_TIMEOUT": "1",
                 "BRIDGEKEEPER_SERVER_PEER_TIMEOUT": "1",
                 "BRIDGEKEEPER_CONTROL_WRITE_QUEUE_BYTES": "64KiB"}

    async def large_answers(self, size):
        """A bridge that answers every task with a text of this size."""
        bridge = await self.bridge(self.agent_name(f"-{size}"))

        async def work():
            async for text in bridge.socket:
                task = json.loads(text)
                if task["type"] == "dispatch":
                    await bridge.respond(task["message_id"], "x" * size)
        working = asyncio.create_task(work())
        self.addCleanup(working.cancel)
        return bridge


class BurstTest(TransferCase):

    @fails_at("8bd27b6")
    async def test_three_large_answers_to_one_program_are_not_slow_reading(
            self):
        bridges = [await self.large_answers(15 * MEBIBYTE + more)
                   for more in range(3)]
        control = await self.control()
        for bridge in bridges:
            await control.dispatch(bridge.agent_id, bridge.agent_id)
        for number, bridge in enumerate(bridges):
            answer = await control.result(bridge.agent_id, 60)
            self.assertEqual(len(answer["content"]), 15 * MEBIBYTE + number)
        self.assertTrue(control.is_open())

    @fails_at("8bd27b6")
    async def test_one_answer_larger_than_the_queue_is_not_slow_reading(self):
        bridge = await self.large_answers(100 * 1024)
        control = await self.control()
        await control.dispatch("1", bridge.agent_id)
        answer = await control.result("1")
        self.assertEqual(len(answer["content"]), 100 * 1024)

    @fails_at("8bd27b6")
    async def test_a_subscriber_with_a_full_queue_misses_no_event(self):
        bridge = await self.large_answers(100 * 1024)
        control = await self.control()
        await control.ask("subscribe", "s", agent_id=bridge.agent_id)
        await control.next("s")
        for number in range(50):
            await control.dispatch(f"{number}", bridge.agent_id, quiet=True)
        seen = []
        while seen.count("agent_response") < 50:
            message = await control.next("s")
            self.assertEqual(message["type"], "event")
            seen.append(message["event"]["event_type"])
        self.assertEqual(seen.count("task_dispatched"), 50)
        for number in range(50):
            answer = await control.result(f"{number}")
            self.assertEqual(answer["type"], "response")


class SlowLinkTest(TransferCase):

    @fails_at("8bd27b6")
    async def test_a_large_record_over_a_slow_link_is_not_cut_off(self):
        size = 14 * MEBIBYTE
        bridge = await self.large_answers(size)
        answer = await dispatch(self.daemon, bridge.agent_id)
        message_id = answer.json["message_id"]
        await finished_record(self.daemon, message_id)
        async with await RawConnection.open(self.daemon,
                                            receive_buffer=65536) as raw:
            # HTTP/1.0, so that the answer is as long as its bytes.
            await raw.send(
                f"GET /control/dispatches/{message_id} HTTP/1.0\r\n"
                f"X-Auth-Token: {self.daemon.token}\r\n\r\n")
            await raw.receive_until(b"\r\n\r\n")
            for _ in range(20):
                await pace(STEP)
                await raw.receive_exactly(size // 20)

    @fails_at("8bd27b6")
    async def test_a_body_that_arrives_slowly_is_not_late(self):
        bridge = (await self.bridge()).work()
        body = json.dumps({"content": "x", "context": {"x": "y" * 200_000}})
        async with await RawConnection.open(self.daemon) as raw:
            await raw.send(
                f"POST /control/agents/{bridge.agent_id}/dispatch?wait=10 "
                f"HTTP/1.1\r\nHost: t\r\nContent-Length: {len(body)}\r\n"
                f"X-Auth-Token: {self.daemon.token}\r\n\r\n")
            for start in range(0, len(body), len(body) // 15):
                await pace(STEP)
                await raw.send(body[start:start + len(body) // 15])
            status, _, answer = await raw.receive_answer()
            self.assertEqual(status, 200, answer)
            self.assertEqual(json.loads(answer)["status"], "completed")

    async def test_a_body_that_trickles_is_late(self):
        async with await RawConnection.open(self.daemon) as raw:
            await raw.send(
                "POST /control/sessions HTTP/1.1\r\nHost: t\r\n"
                "Content-Length: 10000\r\n"
                f"X-Auth-Token: {self.daemon.token}\r\n\r\n")
            answering = asyncio.create_task(raw.receive_answer())
            while not answering.done():
                await raw.send_as_far_as_taken(" ")
                await pace(STEP)
            status, _, _ = await answering
            self.assertEqual(status, 408)


class GonePeerTest(DaemonCase):
    variables = {"BRIDGEKEEPER_SERVER_PEER_TIMEOUT": "1",
                 "BRIDGEKEEPER_BRIDGE_PING_INTERVAL": "0.5"}

    @fails_at("8bd27b6")
    async def test_a_program_that_answers_no_pings_is_closed(self):
        async with await RawConnection.upgraded(
                self.daemon, "/ws/control", self.daemon.token) as raw:
            code, reason = await raw.receive_close()
            self.assertEqual((code, reason), (4003, "Heartbeat timeout"))
        stats = await self.daemon.ask_console("stats")
        self.assertRegex(stats, r"silent clients dropped +1\n")

    async def test_a_program_that_answers_pings_stays(self):
        async with await ControlSocket.open(self.daemon) as control:
            await pace(4)
            await control.sync()
            self.assertTrue(control.is_open())

    async def test_a_bridge_that_answers_no_pings_stays(self):
        name = self.agent_name()
        async with await RawConnection.registered(self.daemon, name) as raw:
            await pace(4)
            await raw.send(frame(json.dumps({
                "type": "heartbeat", "agent_id": name, "timestamp": "now"})))
            while True:
                _, payload = await raw.receive_frame()
                if b"heartbeat" in payload:
                    break


class UnfinishedMessageTest(DaemonCase):
    # All contexts may wait to be sent at once.
    variables = {"BRIDGEKEEPER_SERVER_PEER_TIMEOUT": "1",
                 "BRIDGEKEEPER_BRIDGE_WRITE_QUEUE_BYTES": "64MiB"}

    @fails_at("8bd27b6")
    async def test_a_message_that_pongs_keep_alive_ends_the_link(self):
        name = self.agent_name()
        async with await RawConnection.registered(self.daemon, name) as raw:
            await raw.send(frame("x" * MEBIBYTE, fin=False))

            async def go_on():
                while await raw.send_as_far_as_taken(frame(b"", PONG)):
                    await pace(STEP)
            going_on = asyncio.create_task(go_on())
            code, reason = await raw.receive_close()
            await going_on
            self.assertEqual((code, reason),
                             (1008, "The message did not arrive in time"))

    @fails_at("8bd27b6")
    async def test_pending_contexts_count_in_bytes(self):
        bridge = await self.bridge()
        control = await self.control()

        async def read():
            async for _ in bridge.socket:
                pass
        reading = asyncio.create_task(read())
        self.addCleanup(reading.cancel)
        for number in range(100):
            await control.dispatch(f"{number}", bridge.agent_id,
                                   context={"x": "y" * 255 * 1024})
        answers = [await control.next(f"{number}") for number in range(100)]
        refused = [x for x in answers if x["type"] == "error"]
        for answer in refused:
            self.assertEqual(answer["code"], "too_many_pending")
        self.assertEqual(100 - len(refused),
                         16 * MEBIBYTE // (255 * 1024 + 20))
        answer = await post(
            self.daemon, f"/control/agents/{bridge.agent_id}/dispatch",
            {"content": "small"})
        self.assertEqual(answer.status, 200)
