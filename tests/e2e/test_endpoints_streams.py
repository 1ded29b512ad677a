"""The endpoint table: event streams, and taking one up again."""

from bridge import Bridge
from cases import AsyncCase
from client import dispatch, finished_record, get, post, request
from endpoints import ORIGIN, EndpointCase
from events import EventStream
from regression import fails_at
from waiting import eventually


async def control_session(daemon):
    return (await get(daemon, "/control/context")).json["control_session_id"]


async def events_of(daemon, session):
    answer = await get(daemon, f"/control/sessions/{session}/events/filter")
    return answer.json["events"]


class StreamHeadTest(EndpointCase):

    def assert_head(self, stream):
        self.assertEqual(stream.status, 200)
        self.assertEqual(stream.headers["content-type"],
                         "text/event-stream; charset=utf-8")
        self.assertEqual(stream.headers["cache-control"], "no-store")
        self.assertEqual(stream.headers["x-accel-buffering"], "no")

    async def test_both_streams_have_the_headers_the_panel_needs(self):
        bridge = await self.bridge()
        session = await control_session(self.daemon)
        for path in (f"/control/agents/{bridge.agent_id}/events",
                     f"/control/sessions/{session}/events"):
            async with await EventStream.open_path(
                    self.daemon, path, {"Origin": ORIGIN}) as stream:
                self.assert_head(stream)
                self.assert_cors(stream)

    async def test_an_event_source_has_its_token_in_the_query(self):
        # Browsers send no headers of the page's choice with it.
        bridge = await self.bridge()
        session = await control_session(self.daemon)
        for path in (f"/control/agents/{bridge.agent_id}/events",
                     f"/control/sessions/{session}/events"):
            async with await EventStream.open_path(
                    self.daemon, f"{path}?token={self.daemon.token}",
                    {"Authorization": ""}) as stream:
                self.assert_head(stream)
            answer = await request(self.daemon, "GET", path, token=False)
            self.assert_refused(answer, 401, "Missing authentication token")

    async def test_each_stream_has_its_event_name(self):
        bridge = await self.bridge()
        session = await control_session(self.daemon)
        await dispatch(self.daemon, bridge.agent_id)
        async with await EventStream.open(
                self.daemon, bridge.agent_id) as stream:
            self.assertEqual((await stream.next_block())["event"],
                             "agent_event")
        async with await EventStream.open_session(
                self.daemon, session) as stream:
            self.assertEqual((await stream.next_block())["event"],
                             "session_event")


class SessionStreamTest(AsyncCase):

    async def test_past_events_come_first_then_live_ones_none_twice(self):
        daemon = self.start_daemon()
        session = await control_session(daemon)
        bridges = [(await self.given(await Bridge.register(
            daemon, f"a-{n}"))).work(progress=1) for n in range(4)]
        for number in range(10):
            await dispatch(daemon, bridges[number % 4].agent_id,
                           f"{number}", query="?wait=10")
        async with await EventStream.open_session(daemon, session) as stream:
            seen = [await stream.next() for _ in range(20)]
            for number in range(10, 20):
                await dispatch(daemon, bridges[number % 4].agent_id,
                               f"{number}", query="?wait=10")
            seen += [await stream.next() for _ in range(40)]
        self.assertEqual([x["metadata"]["content"] for x in seen
                          if x["event_type"] == "agent_response"],
                         [f"{n}" for n in range(20)])
        stamps = [x["timestamp"] for x in seen]
        self.assertEqual(stamps, sorted(set(stamps)),
                         "times are not strictly increasing")
        self.assertEqual(seen, await events_of(daemon, session))
        self.assertEqual({x["session_id"] for x in seen}, {session})

    async def test_a_session_s_stream_has_nothing_of_another(self):
        daemon = self.start_daemon()
        mine = (await post(daemon, "/control/sessions", {})).json[
            "session_id"]
        other = await self.given(await Bridge.register(daemon, "other"))
        task = (await dispatch(daemon, "other")).json["message_id"]
        await other.respond(task)
        await finished_record(daemon, task)
        self.assertEqual(await events_of(daemon, mine), [])


class ResumeCase(AsyncCase):

    async def block_ids(self, daemon, count, name="a"):
        async with await EventStream.open(daemon, name) as stream:
            return [(await stream.next_block())["id"] for _ in range(count)]

    async def resumed(self, daemon, last_event, count, name="a"):
        """The event names and ids that come after this one."""
        async with await EventStream.open(
                daemon, name, headers={"Last-Event-ID": last_event}) as x:
            blocks = [await x.next_block() for _ in range(count)]
        return [(block["event"], block.get("id")) for block in blocks]

    async def report(self, bridge, message_id, count):
        for number in range(count):
            await bridge.progress(message_id, progress_text=f"{number}")
        await bridge.sync()

    async def working(self, daemon):
        bridge = await self.given(await Bridge.register(daemon, "a"))
        message_id = (await dispatch(daemon, "a")).json["message_id"]
        await bridge.receive_dispatch()
        return bridge, message_id


class ResumeTest(ResumeCase):

    async def test_a_reader_goes_on_where_it_stopped(self):
        daemon = self.start_daemon()
        bridge, task = await self.working(daemon)
        await self.report(bridge, task, 8)
        ids = await self.block_ids(daemon, 10)
        self.assertEqual(len(set(ids)), 10)
        for place in (0, 4, 8):
            self.assertEqual(
                await self.resumed(daemon, ids[place], 9 - place),
                [("agent_event", x) for x in ids[place + 1:]])

    async def test_who_has_all_gets_what_comes(self):
        daemon = self.start_daemon()
        bridge, task = await self.working(daemon)
        ids = await self.block_ids(daemon, 2)
        async with await EventStream.open(
                daemon, "a", headers={"Last-Event-ID": ids[-1]}) as stream:
            await bridge.respond(task, "new")
            event = await stream.next()
        self.assertEqual(event["metadata"]["content"], "new")

    async def test_a_session_s_stream_is_taken_up_too(self):
        daemon = self.start_daemon()
        session = await control_session(daemon)
        bridge, task = await self.working(daemon)
        await self.report(bridge, task, 3)
        async with await EventStream.open_session(daemon, session) as stream:
            ids = [(await stream.next_block())["id"] for _ in range(4)]
        async with await EventStream.open_session(
                daemon, session, headers={"Last-Event-ID": ids[1]}) as stream:
            blocks = [await stream.next_block() for _ in range(2)]
        self.assertEqual([(x["event"], x["id"]) for x in blocks],
                         [("session_event", x) for x in ids[2:]])

    async def test_an_id_that_is_none_of_ours_is_answered_with_a_gap(self):
        daemon = self.start_daemon()
        await self.working(daemon)
        ids = await self.block_ids(daemon, 2)
        for stranger in ("x", "7", "-1", "another-daemon-1", ids[0] + "x",
                         "another-" + ids[0].rsplit("-", 1)[1]):
            with self.subTest(stranger):
                self.assertEqual(
                    await self.resumed(daemon, stranger, 3),
                    [("gap", None)] + [("agent_event", x) for x in ids])

    async def test_an_id_beyond_the_newest_is_answered_with_a_gap(self):
        daemon = self.start_daemon()
        await self.working(daemon)
        ids = await self.block_ids(daemon, 2)
        beyond = ids[0].rsplit("-", 1)[0] + "-999999"
        self.assertEqual(await self.resumed(daemon, beyond, 3),
                         [("gap", None)] + [("agent_event", x) for x in ids])

    async def test_an_id_of_the_daemon_before_is_answered_with_a_gap(self):
        before = self.start_daemon()
        bridge, task = await self.working(before)
        await self.report(bridge, task, 8)
        last = (await self.block_ids(before, 10))[-1]
        daemon = self.start_daemon()
        await self.working(daemon)
        ids = await self.block_ids(daemon, 2)
        self.assertEqual(await self.resumed(daemon, last, 3),
                         [("gap", None)] + [("agent_event", x) for x in ids])


class ForgottenTest(ResumeCase):

    async def test_a_gap_says_that_history_does_not_reach_back(self):
        daemon = self.start_daemon(BRIDGEKEEPER_EVENTS_HISTORY_PER_STREAM="5")
        bridge, task = await self.working(daemon)
        await self.report(bridge, task, 1)
        first, second, report = await self.block_ids(daemon, 3)
        # The report is just forgotten: who saw it misses nothing.
        await self.report(bridge, task, 5)
        known = [x for _, x in await self.resumed(daemon, report, 5)]
        self.assertNotIn(None, known)
        # Progress pushes out progress alone.
        self.assertEqual(await self.resumed(daemon, first, 7),
                         [("gap", None)] + [("agent_event", x)
                                            for x in [second, *known]])
        await self.report(bridge, task, 1)
        resumed = await self.resumed(daemon, report, 6)
        self.assertEqual(resumed[:5], [("gap", None)] + [
            ("agent_event", x) for x in known[1:]])

    async def test_a_gap_has_no_id_of_its_own(self):
        # An id would make the browser believe that it has what is missing.
        daemon = self.start_daemon()
        await self.working(daemon)
        async with await EventStream.open(
                daemon, "a", headers={"Last-Event-ID": "x-1"}) as stream:
            self.assertEqual(await stream.next_block(),
                             {"event": "gap", "data": "{}"})


class ReturnTest(ResumeCase):
    """A browser asks again with what it saw last. A refusal is for good: it
    does not ask a third time."""

    @fails_at("8bd27b6")
    async def test_a_stream_waits_for_an_agent_that_comes_back(self):
        before = self.start_daemon()
        await self.working(before)
        last = (await self.block_ids(before, 2))[-1]
        daemon = self.start_daemon()
        async with await EventStream.open(
                daemon, "a", headers={"Last-Event-ID": last}) as stream:
            self.assertEqual(stream.status, 200)
            self.assertEqual((await stream.next_block())["event"], "gap")
            await self.given(await Bridge.register(daemon, "a"))
            self.assertEqual((await stream.next())["event_type"],
                             "agent_connected")

    @fails_at("8bd27b6")
    async def test_a_stream_waits_for_a_session_that_comes_back(self):
        daemon = self.start_daemon()
        async with await EventStream.open_session(
                daemon, "its-own", headers={"Last-Event-ID": "x-1"}) as stream:
            self.assertEqual(stream.status, 200)
            self.assertEqual((await stream.next_block())["event"], "gap")
            await self.given(await Bridge.register(
                daemon, "a", metadata={"session_id": "its-own"}))
            self.assertEqual((await stream.next())["event_type"],
                             "agent_connected")

    async def test_what_nobody_saw_and_what_can_be_nobody_is_refused(self):
        daemon = self.start_daemon()
        for path, headers, status in (
                ("/control/agents/a/events", {}, 404),
                ("/control/sessions/a/events", {}, 404),
                ("/control/agents/a_b/events", {"Last-Event-ID": "x-1"}, 400),
                (f"/control/sessions/{'s' * 257}/events",
                 {"Last-Event-ID": "x-1"}, 404)):
            with self.subTest(path):
                answer = await get(daemon, path, headers=headers)
                self.assertEqual(answer.status, status)

    @fails_at("8bd27b6")
    async def test_a_stream_says_when_to_come_again(self):
        daemon = self.start_daemon()
        await self.working(daemon)
        async with await EventStream.open(daemon, "a") as stream:
            await stream.next_block()
            self.assertEqual(stream.retry, "3000")

    @fails_at("8bd27b6")
    async def test_the_last_event_may_stand_in_the_query(self):
        daemon = self.start_daemon()
        bridge, task = await self.working(daemon)
        await self.report(bridge, task, 3)
        ids = await self.block_ids(daemon, 5)
        path = f"/control/agents/a/events?last_event_id={ids[2]}"
        async with await EventStream.open_path(daemon, path) as stream:
            self.assertEqual((await stream.next_block())["id"], ids[3])
        # What a header says is newer than the page's address.
        async with await EventStream.open_path(
                daemon, path, {"Last-Event-ID": ids[3]}) as stream:
            self.assertEqual((await stream.next_block())["id"], ids[4])

    @fails_at("8bd27b6")
    async def test_without_history_a_stream_begins_with_the_present(self):
        daemon = self.start_daemon()
        session = await control_session(daemon)
        bridge, task = await self.working(daemon)
        await self.report(bridge, task, 3)
        for path in ("/control/agents/a/events?history=0",
                     f"/control/sessions/{session}/events?history=0"):
            async with await EventStream.open_path(daemon, path) as stream:
                # It has begun: its first line has come.
                await stream.begun()
                await self.report(bridge, task, 1)
                event = await stream.next()
                self.assertEqual(event["metadata"]["progress_text"], "0")
                last = (await get(
                    daemon, f"/control/sessions/{session}/events/filter"
                            "?limit=1")).json["events"]
                self.assertEqual([event], last)


class OwnSessionTest(AsyncCase):

    @fails_at("8bd27b6")
    async def test_a_bridge_s_own_session_hears_of_its_work(self):
        daemon = self.start_daemon()
        control = await control_session(daemon)
        bridge = await self.given(await Bridge.register(
            daemon, "a", metadata={"session_id": "its-own"}))

        async def is_known():
            path = "/control/sessions/its-own/events/filter"
            return (await get(daemon, path)).status == 200
        # The session is known when the connection is on record.
        await eventually(is_known, "the bridge's own session")
        async with await EventStream.open_session(daemon, "its-own") as own:
            task = (await dispatch(daemon, "a")).json["message_id"]
            await bridge.progress(task, progress_text="half")
            await bridge.respond(task, "done")
            seen = await own.until("agent_response", task)
        self.assertEqual([x["event_type"] for x in seen],
                         ["agent_connected", "task_dispatched",
                          "agent_progress", "agent_response"])
        self.assertEqual([x["session_id"] for x in seen],
                         ["its-own", control, control, control])
        self.assertEqual(await events_of(daemon, "its-own"), seen)
        # The session that dispatched hears of it as before.
        self.assertEqual(await events_of(daemon, control), seen[1:])
