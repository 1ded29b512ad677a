"""What peers that do not read, or ask for too much, may cost the daemon.

Each row of the table is one kind of peer, against a daemon of its own: its
resident memory before, the most it was, and the bound. The table is printed
when the last row has run."""

import json
import unittest

from bridge import Bridge
from bystander import MEBIBYTE
from cases import AsyncCase
from client import ControlSocket, dispatch, finished_record, get
from daemon import SANITIZED
from raw import RawConnection, frame
from regression import fails_at
from waiting import Stopwatch, eventually

# What a daemon takes for connections and the like, beside what is bounded.
_BESIDE = 32 * MEBIBYTE

_rows = []


def tearDownModule():
    print(f"\nresource bounds: {len(_rows)} cases, MiB resident")
    print(f"{'peers':58} {'before':>7} {'most':>7} {'bound':>7}")
    for what, *sizes in _rows:
        cells = " ".join(f"{size / MEBIBYTE:7.0f}" for size in sizes)
        print(f"{what:58} {cells}")


class ResourceCase(AsyncCase):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self._connections = []
        self.addCleanup(lambda: [x.close() for x in self._connections])

    def begin(self, **variables):
        self.daemon = self.start_daemon(**variables)
        self.daemon.forget_peak_memory()
        self._before = self.daemon.memory()

    def bounded(self, what, bound):
        """Ends the row: no more than `bound` bytes besides what is usual."""
        most = self.daemon.memory("VmHWM")
        limit = self._before + (bound + _BESIDE) * (4 if SANITIZED else 1)
        _rows.append((what, self._before, most, limit))
        self.assertTrue(self.daemon.is_running(), self.daemon.log())
        self.assertLess(most, limit, f"{most / MEBIBYTE:.0f} MiB: {what}")

    async def worker(self, name="a", **fields):
        return await self.given(await Bridge.register(self.daemon, name,
                                                      **fields))

    async def result(self, bridge, text):
        """A finished dispatch with this result; its id."""
        answer = await dispatch(self.daemon, bridge.agent_id)
        message_id = answer.json["message_id"]
        await bridge.receive_dispatch()
        await bridge.respond(message_id, text)
        await finished_record(self.daemon, message_id)
        return message_id

    async def ask_without_reading(self, path, count):
        """So many GETs, each on a connection that is read no further."""
        text = (f"GET {path} HTTP/1.1\r\nHost: localhost\r\n"
                f"X-Auth-Token: {self.daemon.token}\r\n\r\n")
        for _ in range(count):
            raw = await RawConnection.open(self.daemon, receive_buffer=4096)
            self._connections.append(raw)
            await raw.send(text)

    async def stats(self):
        """The console's counters, by what they count."""
        out = {}
        for line in (await self.daemon.ask_console("stats")).splitlines():
            name, _, value = line.strip().rpartition(" ")
            out[name.strip()] = value
        return out

    async def is_served(self):
        """It still answers, and soon."""
        watch = Stopwatch()
        self.assertEqual((await get(self.daemon, "/health")).status, 200)
        return watch.seconds


class StreamReadersTest(ResourceCase):

    @fails_at("8bd27b6")
    async def test_readers_of_streams_that_read_nothing(self):
        await self.send_to_readers_that_read_nothing("none", 0)

    async def test_readers_that_read_nothing_of_a_daemon_with_a_store(self):
        # The store's caches and what waits for it: 20 MiB without any reader.
        # With these readers it was 30 MiB more, since events come faster than
        # readers are dropped.
        await self.send_to_readers_that_read_nothing("full", 64)

    async def send_to_readers_that_read_nothing(self, durability, more):
        self.begin(BRIDGEKEEPER_SERVER_OUTPUT_BYTES="32MiB",
                   BRIDGEKEEPER_EVENTS_HISTORY_BYTES="8MiB",
                   BRIDGEKEEPER_STORE_DURABILITY=durability)
        bridge = await self.worker()
        answer = await dispatch(self.daemon, "a")
        message_id = answer.json["message_id"]
        await bridge.receive_dispatch()
        await self.ask_without_reading("/control/agents/a/events", 200)
        report = json.dumps({
            "type": "progress", "agent_id": "a", "status": "busy",
            "message_id": message_id, "progress_text": "p" * 1000})
        for _ in range(6_000):
            await bridge.send_text(report)
        await bridge.sync()
        await self.is_served()
        # Each byte that waits in small texts costs up to another one in queues
        # and in the allocator.
        self.bounded("200 readers of a stream that read nothing, "
                     f"{durability}", (2 * 32 + 32 + more) * MEBIBYTE)

        async def some_went():
            stats = await self.stats()
            return int(stats.get("readers over the budget", 0)) > 0
        await eventually(some_went, "readers are dropped to make room")
        await self.daemon.logs("output_budget")

    @fails_at("8bd27b6")
    async def test_many_readers_of_one_large_result(self):
        self.begin()
        bridge = await self.worker()
        await self.ask_without_reading("/control/agents/a/events", 600)
        # Each has its stream: what was asked later is answered later.
        await eventually(lambda: self.streams(600), "the streams are open", 30)
        await self.result(bridge, "x" * MEBIBYTE)
        await self.is_served()
        await self.result(bridge, "x" * MEBIBYTE)
        slowest = await self.is_served()
        self.assertLess(slowest, 5)
        self.bounded("600 readers of a stream, two results of 1 MiB",
                     8 * MEBIBYTE)
        # Nobody had to go for what all of them hold together.
        self.assertEqual((await self.stats())[
            "readers over the budget"], "0")

    async def streams(self, count):
        stats = await self.daemon.ask_console("actors")
        return stats.count("control-session") >= count


class AnswerReadersTest(ResourceCase):

    @fails_at("8bd27b6")
    async def test_many_readers_of_one_large_record(self):
        self.begin()
        bridge = await self.worker()
        message_id = await self.result(bridge, "x" * MEBIBYTE)
        await self.ask_without_reading(f"/control/dispatches/{message_id}",
                                       400)
        await self.is_served()
        self.bounded("400 readers of a record of 1 MiB", 64 * MEBIBYTE)

    @fails_at("8bd27b6")
    async def test_readers_of_filtered_events(self):
        self.begin()
        bridge = await self.worker()
        for _ in range(100):
            await self.result(bridge, "x" * (MEBIBYTE // 4))
        context = (await get(self.daemon, "/control/context")).json
        session = context["control_session_id"]
        self.daemon.forget_peak_memory()
        self._before = self.daemon.memory()
        await self.ask_without_reading(
            f"/control/sessions/{session}/events/filter", 40)
        await self.is_served()
        self.bounded("40 readers of events/filter, 25 MiB each",
                     32 * MEBIBYTE)

    @fails_at("8bd27b6")
    async def test_readers_of_a_long_list_of_agents(self):
        self.begin()
        for number in range(40):
            await self.worker(f"a-{number}",
                              metadata={"x": "y" * 200_000})
        self.daemon.forget_peak_memory()
        self._before = self.daemon.memory()
        await self.ask_without_reading("/control/agents", 60)
        await self.is_served()
        self.bounded("60 readers of a list of agents of 8 MiB", 16 * MEBIBYTE)
        # Over the budget it is said why, and when to come again.
        answer = await get(self.daemon, "/control/agents")
        self.assertEqual((answer.status, answer.json["detail"]),
                         (429, "Too many large responses for this token are "
                               "under way"))
        self.assertEqual(answer.headers["retry-after"], "1")

    async def test_a_large_answer_that_is_read_is_whole(self):
        self.begin()
        bridge = await self.worker()
        text = "grüße \"€😀\"\n\x01" * 100_000
        message_id = await self.result(bridge, text)
        answer = await get(self.daemon, f"/control/dispatches/{message_id}")
        self.assertEqual(answer.json["content"], text)
        context = (await get(self.daemon, "/control/context")).json
        session = context["control_session_id"]
        events = (await get(
            self.daemon,
            f"/control/sessions/{session}/events/filter")).json
        self.assertEqual(events["total"], 2)
        self.assertEqual(events["events"][1]["metadata"]["content"], text)
        self.bounded("a reader that reads a record of 2 MiB", 32 * MEBIBYTE)


class ProgramsTest(ResourceCase):

    @fails_at("8bd27b6")
    async def test_identical_subscriptions(self):
        self.begin()
        bridge = await self.worker()
        async with await ControlSocket.open(self.daemon) as control:
            for number in range(1000):
                await control.ask("subscribe", f"{number}", agent_id="a")
            self.assertEqual((await control.next("0"))["type"], "subscribed")
            answer = await control.next("999")
            self.assertEqual((answer["type"], answer.get("code")),
                             ("error", "already_subscribed"))
            await self.result(bridge, "x" * MEBIBYTE)
            slowest = await self.is_served()
            self.assertLess(slowest, 5)
            while (await control.next("0"))["event"][
                    "event_type"] != "agent_response":
                pass
        self.bounded("1000 identical subscriptions, a result of 1 MiB",
                     16 * MEBIBYTE)

    @fails_at("8bd27b6")
    async def test_programs_that_read_nothing(self):
        self.begin(BRIDGEKEEPER_SERVER_OUTPUT_BYTES="32MiB")
        bridge = await self.worker()
        await self.result(bridge, "x" * (MEBIBYTE // 2))
        programs = [await RawConnection.upgraded(
            self.daemon, "/ws/control", self.daemon.token,
            receive_buffer=4096) for _ in range(40)]
        self._connections += programs
        for raw in programs:
            await raw.send(frame('{"type":"subscribe","id":"1"}'))
        for _ in range(30):
            await self.result(bridge, "x" * (MEBIBYTE // 2))
        await self.is_served()
        self.bounded("40 programs that read nothing of 15 MiB of events",
                     (32 + 40) * MEBIBYTE)


    @fails_at("8bd27b6")
    async def test_many_programs_that_do_not_read_one_large_result(self):
        self.begin()
        bridge = await self.worker()
        for _ in range(300):
            raw = await self.program()
            await raw.send(frame('{"type":"subscribe","id":"1"}'))
            await raw.receive_until(b'"subscribed","id":"1"}')
        await self.result(bridge, "x" * MEBIBYTE)
        await self.is_served()
        await self.result(bridge, "x" * MEBIBYTE)
        self.assertLess(await self.is_served(), 5)
        self.bounded("300 programs that read nothing, two results of 1 MiB",
                     8 * MEBIBYTE)
        # Nobody had to go for what all of them hold together.
        self.assertEqual((await self.stats())[
            "readers over the budget"], "0")

    @fails_at("8bd27b6")
    async def test_programs_that_ask_for_large_records_and_read_nothing(self):
        self.begin()
        bridge = await self.worker()
        message_id = await self.result(bridge, "x" * MEBIBYTE)
        question = frame(json.dumps({"type": "record", "id": "1",
                                     "message_id": message_id}))
        programs = [await self.program() for _ in range(40)]
        for raw in programs:
            await raw.send(question * 50)
        # The first answer to each has begun, or was refused.
        for raw in programs:
            await raw.receive_exactly(1)
        await self.result(bridge, "done")
        self.assertLess(await self.is_served(), 5)
        self.bounded("40 programs that read none of 50 records of 1 MiB",
                     48 * MEBIBYTE)

    async def test_large_records_come_to_a_program_that_reads(self):
        self.begin()
        bridge = await self.worker()
        text = "x" * MEBIBYTE
        message_id = await self.result(bridge, text)
        async with await ControlSocket.open(self.daemon) as control:
            for number in range(100):
                await control.ask("record", f"{number}",
                                  message_id=message_id)
            for number in range(100):
                answer = await control.next(f"{number}")
                self.assertEqual((answer["type"],
                                  answer["record"]["content"] == text),
                                 ("record", True))
        self.bounded("a program that reads 100 records of 1 MiB",
                     16 * MEBIBYTE)

    async def program(self):
        """A program that reads no more than it is told to."""
        raw = await RawConnection.upgraded(self.daemon, "/ws/control",
                                           self.daemon.token,
                                           receive_buffer=4096)
        self._connections.append(raw)
        return raw


class StalledReaderTest(ResourceCase):

    @fails_at("8bd27b6")
    async def test_a_reader_that_takes_nothing_is_dropped(self):
        self.begin(BRIDGEKEEPER_SERVER_STALL_TIMEOUT="300ms")
        bridge = await self.worker()
        await self.ask_without_reading("/control/agents/a/events", 1)
        await eventually(
            self.has_stream, "the stream is open")
        for _ in range(16):
            await self.result(bridge, "x" * MEBIBYTE)

        async def is_counted():
            stats = await self.stats()
            return stats.get("stalled readers dropped") == "1"
        await eventually(is_counted, "the reader is dropped")
        line, = [x for x in self.daemon.log_lines()
                 if "event stream a " in x["message"]]
        self.assertEqual((line["level"], line["reason"], line["peer"]),
                         ("warning", "stalled", "127.0.0.1"))
        self.assertIn("bytes were pending", line["message"])
        self.bounded("a reader that takes nothing for longer than it may",
                     64 * MEBIBYTE)

    async def has_stream(self):
        return "control-session" in await self.daemon.ask_console("actors")


class PendingTest(ResourceCase):
    """Dispatches that nobody answers. First frames and messages that are never
    finished have a table of their own, test_unfinished.py."""

    @fails_at("8bd27b6")
    async def test_contexts_of_pending_dispatches(self):
        self.begin(BRIDGEKEEPER_SHUTDOWN_DRAIN_TIMEOUT="0")
        self._connections.append(await RawConnection.registered(
            self.daemon, "a", receive_buffer=4096))
        async with await ControlSocket.open(self.daemon) as control:
            for number in range(1000):
                await control.dispatch(f"{number}", "a", quiet=True,
                                       context={"x": "y" * 255_000})
            await control.sync()
        self.bounded("1000 pending dispatches with contexts of 255 KiB",
                     64 * MEBIBYTE)


class RegistrationsTest(ResourceCase):

    @fails_at("8bd27b6")
    async def test_agents_with_large_metadata(self):
        self.begin()
        for number in range(1000):
            async with await Bridge.register(
                    self.daemon, f"a-{number}",
                    metadata={"x": "y" * 250_000}):
                pass
        await self.is_served()
        self.bounded("1000 agents with metadata of 250 KiB, all away",
                     96 * MEBIBYTE)


class LeaveTakingTest(ResourceCase):

    async def test_thousands_of_streams_that_close_at_once(self):
        self.begin()
        bridge = await self.worker()
        sessions = []
        for number in range(2000):
            raw = await RawConnection.open(self.daemon)
            self._connections.append(raw)
            await raw.send(
                f"GET /control/sessions/s-{number}/events HTTP/1.1\r\n"
                f"Host: localhost\r\nLast-Event-ID: x-1\r\n"
                f"X-Auth-Token: {self.daemon.token}\r\n\r\n")
            sessions.append(raw)
        for raw in sessions:
            head = await raw.receive_until(b"\r\n\r\n")
            self.assertIn(b" 200 ", head)
        for raw in sessions:
            raw.close()
        slowest = max([await self.is_served() for _ in range(20)])
        self.assertLess(slowest, 5)
        await self.result(bridge, "done")
        self.bounded("2000 streams of sessions that close at once",
                     100 * MEBIBYTE)


if __name__ == "__main__":
    unittest.main()
