"""The endpoint table: sessions, and what happened in them."""

from client import dispatch, finished_record, post
from endpoints import TIME, UUID, EndpointCase, no_integer
from events import EventStream
from regression import fails_at

NO_FILTER = {"event_type": None, "tick_index": None, "tick_min": None,
             "tick_max": None, "agent_id": None, "limit": None}


class SessionCase(EndpointCase):

    async def control_session(self):
        answer = await self.ask("GET", "/control/context")
        return answer.json["control_session_id"]

    async def filtered(self, session, query=""):
        return await self.ask(
            "GET", f"/control/sessions/{session}/events/filter{query}")

    async def done(self, bridge, content="do it", **response):
        """A task from its dispatch to its response."""
        answer = await dispatch(self.daemon, bridge.agent_id, content)
        message_id = answer.json["message_id"]
        await bridge.receive_dispatch()
        await bridge.progress(message_id, progress_text="half")
        await bridge.respond(message_id, content, **response)
        await finished_record(self.daemon, message_id)
        return message_id


class SessionTest(SessionCase):

    async def test_a_session_is_opened_with_any_body_or_none(self):
        ids = set()
        for body in (None, {}, {"project": "x"}):
            answer = await self.ask("POST", "/control/sessions", body)
            id = answer.json["session_id"]
            self.assert_json(answer, 200, {"session_id": id,
                                           "phase": "QUESTIONNAIRE"})
            self.assertRegex(id, UUID)
            ids.add(id)
        self.assertEqual(len(ids), 3)

    async def test_a_new_session_has_no_events_and_a_stream(self):
        id = (await post(self.daemon, "/control/sessions", {})).json[
            "session_id"]
        self.assert_json(await self.filtered(id), 200, {
            "events": [], "total": 0, "filters_applied": NO_FILTER})
        async with await EventStream.open_session(self.daemon, id) as stream:
            self.assertEqual(stream.status, 200)

    async def test_a_session_nobody_knows_is_404(self):
        for id in ("nobody", "00000000-0000-4000-8000-000000000000", "%2e%2e",
                   "..%2f..%2fetc%2fpasswd"):
            for tail in ("", "/filter", "/filter?limit=1"):
                with self.subTest(id, tail=tail):
                    self.assert_refused(
                        await self.ask(
                            "GET", f"/control/sessions/{id}/events{tail}"),
                        404, "Session not found")


class FilterTest(SessionCase):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        # Tests differ in their agents; the control session has all of them.
        self.session = await self.control_session()
        self.one = await self.bridge(self.agent_name("-one"))
        self.other = await self.bridge(self.agent_name("-other"))

    async def events(self, query):
        answer = await self.filtered(self.session, query)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.json["total"], len(answer.json["events"]))
        return answer.json["events"]

    async def assert_only(self, query, *expected):
        """Of our agents, the events of these types, oldest first."""
        ours = {self.one.agent_id: "one", self.other.agent_id: "other"}
        seen = [(ours[x["metadata"]["agent_id"]], x["event_type"])
                for x in await self.events(query)
                if x["metadata"]["agent_id"] in ours]
        self.assertEqual(seen, list(expected))

    async def test_events_are_told_whole(self):
        message_id = await self.done(self.one, "grüße",
                                     usage={"total_tokens": 3})
        name = self.one.agent_id
        answer = await self.filtered(self.session, f"?agent_id={name}")
        times = [x["timestamp"] for x in answer.json["events"]]
        for time in times:
            self.assertRegex(time, TIME)
        self.assertEqual(times, sorted(set(times)))

        def event(number, kind, message, **metadata):
            return {"event_type": kind, "timestamp": times[number],
                    "session_id": self.session, "message": message,
                    "phase": None, "task_id": None,
                    "metadata": {"agent_id": name, "message_id": message_id,
                                 **metadata}}
        self.assert_json(answer, 200, {"total": 3, "events": [
            event(0, "task_dispatched", f"Dispatched task to agent {name}"),
            event(1, "agent_progress", f"Agent {name} progress: running",
                  status="running", progress_text="half"),
            event(2, "agent_response", f"Agent {name} responded",
                  content="grüße", content_length=5,
                  usage={"total_tokens": 3})],
            "filters_applied": {**NO_FILTER, "agent_id": name}})

    async def test_by_agent(self):
        await self.done(self.one)
        await self.done(self.other)
        await self.assert_only(
            f"?agent_id={self.other.agent_id}",
            ("other", "task_dispatched"), ("other", "agent_progress"),
            ("other", "agent_response"))
        self.assertEqual(await self.events("?agent_id=nobody"), [])

    async def test_by_type(self):
        await self.done(self.one)
        await self.done(self.other, error="boom")
        await self.assert_only("?event_type=agent_response",
                               ("one", "agent_response"))
        await self.assert_only("?event_type=agent_error",
                               ("other", "agent_error"))
        self.assertEqual(await self.events("?event_type=nothing"), [])

    async def test_by_type_and_agent(self):
        await self.done(self.one)
        await self.done(self.other)
        await self.assert_only(
            f"?event_type=task_dispatched&agent_id={self.one.agent_id}",
            ("one", "task_dispatched"))

    async def test_limit_keeps_the_newest(self):
        for number in range(3):
            await self.done(self.one, f"{number}")
        events = await self.events(
            f"?event_type=agent_response&agent_id={self.one.agent_id}"
            "&limit=2")
        self.assertEqual([x["metadata"]["content"] for x in events],
                         ["1", "2"])
        await self.assert_only("?limit=1", ("one", "agent_response"))
        everything = await self.events(f"?agent_id={self.one.agent_id}")
        self.assertEqual(await self.events(
            f"?agent_id={self.one.agent_id}&limit=1000"), everything)

    async def test_no_event_of_ours_has_a_tick(self):
        await self.done(self.one)
        for query in ("tick_index=0", "tick_min=0", "tick_max=1000000",
                      "tick_min=-5&tick_max=5"):
            self.assertEqual(await self.events(f"?{query}"), [], query)

    async def test_the_filters_are_told_back_all_six(self):
        self.assert_json(
            await self.filtered(
                self.session, "?event_type=agent_error&tick_index=1"
                "&tick_min=-2&tick_max=3&agent_id=a%2Fb&limit=4"),
            200, {"events": [], "total": 0, "filters_applied": {
                "event_type": "agent_error", "tick_index": 1, "tick_min": -2,
                "tick_max": 3, "agent_id": "a/b", "limit": 4}})

    async def test_a_number_that_is_none_is_422(self):
        for name in ("tick_index", "tick_min", "tick_max", "limit"):
            for text, encoded in (("x", "x"), ("", ""), ("1.5", "1.5"),
                                  ("1e3", "1e3"), ("7 x", "7%20x")):
                with self.subTest(name, text=text):
                    self.assert_refused(
                        await self.filtered(self.session,
                                            f"?{name}={encoded}"),
                        422, [no_integer(text, name)])

    @fails_at("8bd27b6")
    async def test_a_limit_below_1_drops_the_oldest_as_a_slice_does(self):
        for number in range(3):
            await self.done(self.one, f"{number}")
        query = f"?event_type=agent_response&agent_id={self.one.agent_id}"
        for limit, left in ((0, "012"), (-1, "12"), (-2, "2"), (-3, ""),
                            (-100, ""), (-10 ** 30, "")):
            with self.subTest(limit):
                events = await self.events(f"{query}&limit={limit}")
                self.assertEqual("".join(x["metadata"]["content"]
                                         for x in events), left)

    @fails_at("8bd27b6")
    async def test_an_integer_has_the_spellings_that_python_reads(self):
        for text in ("1", "%2B1", "%201%20", "01", "1.0", "1.00", "0_1"):
            with self.subTest(text):
                answer = await self.filtered(self.session, f"?limit={text}")
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.json["filters_applied"]["limit"], 1)

    @fails_at("8bd27b6")
    async def test_an_empty_event_type_filters_nothing(self):
        await self.done(self.one)
        query = f"?agent_id={self.one.agent_id}"
        self.assertEqual(await self.events(f"{query}&event_type="),
                         await self.events(query))

    async def test_all_that_is_wrong_is_said_at_once(self):
        self.assert_refused(
            await self.filtered(
                self.session, "?limit=x&tick_max=z&tick_min=2&tick_index=y"),
            422, [no_integer("y", "tick_index"), no_integer("z", "tick_max"),
                  no_integer("x", "limit")])

    async def test_a_wrong_parameter_is_said_before_an_unknown_session(self):
        self.assert_refused(await self.filtered("nobody", "?limit=x"),
                            422, [no_integer("x", "limit")])
