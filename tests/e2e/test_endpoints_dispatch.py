"""The endpoint table: dispatches and follow-ups, and each of their errors."""

from bridge import Bridge
from client import agent_status, finished_record
from endpoints import (INVALID_ID, RATE_HEADERS, UUID_7, EndpointCase,
                       missing, no_body_object, no_object, no_string)
from waiting import eventually

CALLS = ("dispatch", "followup")
UNLIMITED = {f"x-ratelimit-{what}-{whose}": value
             for what, value in (("limit", "0"), ("remaining", "-1"),
                                 ("reset", "0"))
             for whose in ("agent", "ip")}


class DispatchCase(EndpointCase):

    async def post(self, call, agent_id, content="do it", **options):
        body = options.pop("body", {"content": content})
        answer = await self.ask("POST", f"/control/agents/{agent_id}/{call}",
                                body, **options)
        self.assertLessEqual(RATE_HEADERS, set(answer.headers), answer)
        return answer

    async def away(self):
        """An agent that had a task and left."""
        name = self.agent_name()
        async with await Bridge.register(self.daemon, name) as bridge:
            answer = await self.post("dispatch", name)
            await bridge.respond(answer.json["message_id"])
            await finished_record(self.daemon, answer.json["message_id"])

        async def is_away():
            return await agent_status(self.daemon, name) == "disconnected"
        await eventually(is_away, "the agent is away")
        return name

    def assert_dispatched(self, answer, agent_id, message):
        message_id = answer.json.get("message_id", "")
        self.assert_json(answer, 200, {
            "agent_id": agent_id, "message_id": message_id,
            "status": "dispatched", "message": message})
        self.assertRegex(message_id, UUID_7)
        return message_id


class DispatchTest(DispatchCase):

    async def session(self):
        answer = await self.ask("GET", "/control/context")
        return answer.json["control_session_id"]

    async def test_a_dispatch_reaches_the_bridge(self):
        bridge = await self.bridge()
        answer = await self.post("dispatch", bridge.agent_id, body={
            "content": "\0 do it \n", "context": {"a": [1, None]}})
        message_id = self.assert_dispatched(answer, bridge.agent_id,
                                            "Task dispatched")
        self.assertEqual({k: answer.headers[k] for k in UNLIMITED}, UNLIMITED)
        self.assertEqual(await bridge.receive(), {
            "type": "dispatch", "message_id": message_id,
            "agent_id": bridge.agent_id, "content": "do it",
            "context": {"a": [1, None]}, "session_id": await self.session()})

    async def test_a_follow_up_names_what_it_follows(self):
        bridge = await self.bridge()
        first = (await self.post("dispatch", bridge.agent_id)).json[
            "message_id"]
        await bridge.receive_dispatch()
        # While the task runs, and after it has ended.
        last = first
        for content in ("and this", "and that"):
            answer = await self.post("followup", bridge.agent_id, content)
            message_id = self.assert_dispatched(answer, bridge.agent_id,
                                                "Follow-up dispatched")
            self.assertEqual(await bridge.receive(), {
                "type": "dispatch", "message_id": message_id,
                "agent_id": bridge.agent_id, "content": content,
                "context": {"is_followup": True, "followup_to": last},
                "session_id": await self.session()})
            await bridge.respond(first)
            await bridge.respond(message_id)
            await bridge.sync()
            last = message_id

    async def test_a_follow_up_right_behind_its_dispatch_finds_it(self):
        bridge = await self.bridge()
        for _ in range(50):
            answer = await self.post("dispatch", bridge.agent_id)
            message_id = answer.json["message_id"]
            answer = await self.post("followup", bridge.agent_id)
            self.assertEqual(answer.status, 200, answer)
            await bridge.receive_dispatch()
            self.assertEqual(
                (await bridge.receive_dispatch())["context"],
                {"is_followup": True, "followup_to": message_id})

    async def test_a_follow_up_s_body_has_no_context_of_its_own(self):
        bridge = await self.bridge()
        await self.post("dispatch", bridge.agent_id)
        first = await bridge.receive_dispatch()
        answer = await self.post("followup", bridge.agent_id, body={
            "content": "x", "context": {"is_followup": False, "k": 1}})
        self.assertEqual(answer.status, 200)
        self.assertEqual((await bridge.receive_dispatch())["context"], {
            "is_followup": True, "followup_to": first["message_id"]})

    async def test_without_a_task_there_is_nothing_to_follow(self):
        bridge = await self.bridge()
        self.assert_refused(await self.post("followup", bridge.agent_id),
                            409, "No active task to follow up")
        await bridge.sync()

    async def test_a_follow_up_goes_on_after_a_reconnect(self):
        name = await self.away()
        bridge = await self.bridge(name)
        self.assert_dispatched(await self.post("followup", name), name,
                               "Follow-up dispatched")
        context = (await bridge.receive_dispatch())["context"]
        self.assertEqual(set(context), {"is_followup", "followup_to"})


class RefusalTest(DispatchCase):

    async def test_each_refusal_has_its_text(self):
        away = await self.away()
        for call in CALLS:
            for agent_id, content, status, detail in (
                    ("a_b", "x", 400, INVALID_ID),
                    ("a" * 65, "x", 400, INVALID_ID),
                    ("nobody", " \0\n", 400, "content must not be empty"),
                    ("nobody", "", 400, "content must not be empty"),
                    ("nobody", "x" * 10_001, 400,
                     "content must be <= 10000 characters"),
                    ("nobody", "x", 404, "Agent not found"),
                    (away, "x", 409, "Agent is not connected")):
                with self.subTest(call, agent=agent_id, status=status):
                    self.assert_refused(
                        await self.post(call, agent_id, content),
                        status, detail)

    async def test_who_has_no_token_is_refused_first(self):
        for call in CALLS:
            for token, detail in ((False, "Missing authentication token"),
                                  ("bad", "Invalid authentication token")):
                answer = await self.post(call, "a_b", body=b"{", token=token)
                self.assert_refused(answer, 401, detail)
                self.assertEqual(answer.headers["www-authenticate"],
                                 "Bearer")

    async def test_a_body_that_does_not_fit_is_422(self):
        for call in CALLS:
            for body, detail in (
                    (b"", [missing(None)]),
                    ([], [no_body_object([])]),
                    ("x", [no_body_object("x")]),
                    ({}, [missing({}, "content")]),
                    ({"context": {}},
                     [missing({"context": {}}, "content")]),
                    ({"content": None}, [no_string(None, "content")]),
                    ({"content": 7}, [no_string(7, "content")]),
                    ({"content": {"a": 1}},
                     [no_string({"a": 1}, "content")])):
                with self.subTest(call, body=body):
                    self.assert_refused(
                        await self.post(call, "a_b", body=body), 422, detail)

    async def test_a_null_body_is_as_good_as_none(self):
        for call in CALLS:
            self.assert_refused(await self.post(call, "a", body=b"null"),
                                422, [missing(None)])

    async def test_json_that_is_none_is_422_and_says_so(self):
        for call in CALLS:
            for body in (b"{", b"\xff", b"{'content': 'x'}", b"{} {}"):
                with self.subTest(call, body=body):
                    answer = await self.post(call, "a_b", body=body)
                    self.assertEqual(answer.status, 422)
                    item, = answer.json["detail"]
                    self.assertEqual(item, {
                        "type": "json_invalid", "loc": item["loc"],
                        "msg": item["msg"], "input": {}})
                    self.assertEqual(item["loc"][0], "body")
                    self.assertTrue(
                        item["msg"].startswith("JSON decode error"), item)

    async def test_a_context_that_is_no_object_is_422(self):
        for context in ([], "x", 7):
            self.assert_refused(
                await self.post("dispatch", "a_b", body={
                    "content": "x", "context": context}),
                422, [no_object(context, "context")])

    async def test_all_that_is_wrong_is_said_at_once(self):
        self.assert_refused(
            await self.post("dispatch", "a_b", body={
                "content": 7, "context": []}),
            422, [no_string(7, "content"), no_object([], "context")])


class RateTest(DispatchCase):

    variables = {"VIBEFORGE_RATE_LIMIT_AGENT_PER_MIN": "2",
                 "VIBEFORGE_RATE_LIMIT_IP_PER_MIN": "3"}

    def rates(self, answer):
        return tuple(
            int(answer.headers[f"x-ratelimit-{what}-{whose}"])
            for whose in ("agent", "ip") for what in ("limit", "remaining"))

    async def test_too_many_are_429_and_follow_ups_count(self):
        one = await self.bridge("one")
        await self.bridge("other")
        answer = await self.post("dispatch", "one")
        self.assertEqual(self.rates(answer), (2, 1, 3, 2))
        await one.receive_dispatch()
        answer = await self.post("followup", "one")
        self.assertEqual(self.rates(answer), (2, 0, 3, 1))
        for call in CALLS:
            answer = await self.post(call, "one")
            self.assert_refused(answer, 429, "Rate limit exceeded")
            self.assertEqual(self.rates(answer), (2, 0, 3, 1))
            for whose in ("agent", "ip"):
                reset = int(answer.headers[f"x-ratelimit-reset-{whose}"])
                self.assertTrue(0 < reset <= 60, answer)
            self.assertTrue(0 < int(answer.headers["retry-after"]) <= 60)
        answer = await self.post("dispatch", "other")
        self.assertEqual(self.rates(answer), (2, 1, 3, 0))
        answer = await self.post("followup", "other")
        self.assert_refused(answer, 429, "Rate limit exceeded")


class CostTest(DispatchCase):

    variables = {"VIBEFORGE_SESSION_COST_LIMIT_USD": "1",
                 "VIBEFORGE_DAILY_COST_LIMIT_USD": "10",
                 "BRIDGEKEEPER_COST_RESERVATION_USD": "0.25"}

    async def test_what_would_cost_too_much_is_402_and_follow_ups_too(self):
        bridge = await self.bridge()
        answer = await self.post("dispatch", bridge.agent_id)
        message_id = answer.json["message_id"]
        await bridge.respond(message_id, usage={"cost_usd": 1})
        await finished_record(self.daemon, message_id)
        for call in CALLS:
            answer = await self.post(call, bridge.agent_id)
            self.assertEqual((answer.status, answer.json["detail"]), (
                402, "Cost limit exceeded. Session: $1.00 / $1.00, "
                "Daily: $1.00 / $10.00"))
            self.assertIn("cost.session_limit_usd", answer.json["hint"])
        await bridge.receive_dispatch()
        await bridge.sync()


class UnconfiguredTest(DispatchCase):

    variables = {"token": None, "BRIDGEKEEPER_AUTH_MAKE_TOKEN": "off"}

    async def test_without_a_configured_token_the_answer_is_500(self):
        for call in CALLS:
            self.assert_refused(
                await self.post(call, "a", token="any"), 500,
                "Authentication not configured. Set VIBEFORGE_AUTH_TOKEN or "
                "VIBEFORGE_AUTH_TOKENS.")
