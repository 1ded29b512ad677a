"""The options of a dispatch, as requests name them: what is refused, what the
record shows, follow-ups by id, and idempotency keys without a store."""

import asyncio
import json

from bridge import Bridge
from cases import AsyncCase, DaemonCase
from client import ControlSocket, dispatch, get, post, record

WRONG_OPTIONS = [
    ({"queue_timeout_s": 0}, ["queue_timeout_s"], "greater_than"),
    ({"total_timeout_s": 604801}, ["total_timeout_s"], "greater_than"),
    ({"queue_timeout_s": "1"}, ["queue_timeout_s"], "float_type"),
    ({"priority": "urgent"}, ["priority"], "literal_error"),
    ({"followup_to": ""}, ["followup_to"], "string_too_short"),
    ({"retry": 3}, ["retry"], "dict_type"),
    ({"retry": {}}, ["retry", "max_attempts"], "missing"),
    ({"retry": {"max_attempts": 11}}, ["retry", "max_attempts"],
     "less_than_equal"),
    ({"retry": {"max_attempts": 2, "on": ["late"]}}, ["retry", "on"],
     "literal_error"),
    ({"retry": {"max_attempts": 2, "backoff_s": -1}}, ["retry", "backoff_s"],
     "greater_than_equal"),
    ({"retry": {"max_attempts": 2, "times": 3}}, ["retry"],
     "extra_forbidden"),
]


class OptionsTest(DaemonCase):

    async def test_a_wrong_option_is_refused_with_its_place(self):
        bridge = await self.bridge()
        for fields, place, kind in WRONG_OPTIONS:
            with self.subTest(fields):
                answer = await dispatch(self.daemon, bridge.agent_id, **fields)
                self.assertEqual(answer.status, 422)
                (wrong,) = answer.json["detail"]
                self.assertEqual((wrong["loc"], wrong["type"]),
                                 (["body", *place], kind))
        await bridge.sync()

    async def test_a_wrong_option_is_refused_on_the_socket(self):
        bridge = await self.bridge()
        control = await self.control()
        for number, (fields, place, _) in enumerate(WRONG_OPTIONS):
            with self.subTest(fields):
                await control.dispatch(str(number), bridge.agent_id, **fields)
                answer = await control.next(str(number))
                self.assertEqual((answer["type"], answer["code"]),
                                 ("error", "invalid_message"))
                self.assertTrue(answer["detail"].startswith(place[0]), answer)

    async def test_valid_options_are_accepted(self):
        bridge = await self.bridge()
        options = {"timeout_s": 60, "queue_timeout_s": 30,
                   "total_timeout_s": 90.5, "priority": "high",
                   "retry": {"max_attempts": 3, "on": ["lost", "failed"],
                             "backoff_s": 0.5}}
        answer = await dispatch(self.daemon, bridge.agent_id, **options)
        self.assertEqual(answer.status, 200)
        task = await bridge.receive_dispatch()
        # Options do not reach the bridge.
        self.assertEqual(set(task), {"type", "message_id", "agent_id",
                                     "content", "context", "session_id"})
        control = await self.control()
        await control.dispatch("1", bridge.agent_id, **options)
        self.assertEqual((await control.next("1"))["type"], "accepted")


class FollowupTest(DaemonCase):

    async def test_a_follow_up_names_an_earlier_dispatch(self):
        bridge = await self.bridge()
        first, second = [
            (await dispatch(self.daemon, bridge.agent_id)).json["message_id"]
            for _ in range(2)]
        for expected in (first, second):
            task = await bridge.receive_dispatch()
            await bridge.respond(task["message_id"])
            self.assertEqual(task["message_id"], expected)
        answer = await post(self.daemon,
                            f"/control/agents/{bridge.agent_id}/followup",
                            {"content": "more", "followup_to": first})
        self.assertEqual((answer.status, answer.json["message"]),
                         (200, "Follow-up dispatched"))
        task = await bridge.receive_dispatch()
        self.assertEqual(task["context"],
                         {"is_followup": True, "followup_to": first})
        known = await record(self.daemon, answer.json["message_id"])
        self.assertEqual(known["followup_to"], first)

    async def follow_up(self, bridge, **fields):
        return await post(self.daemon,
                          f"/control/agents/{bridge.agent_id}/followup",
                          {"content": "more", **fields})

    async def test_a_wrong_option_of_a_follow_up_is_refused(self):
        bridge = await self.bridge()
        await dispatch(self.daemon, bridge.agent_id)
        await bridge.respond((await bridge.receive_dispatch())["message_id"])
        for fields, place, kind in WRONG_OPTIONS:
            with self.subTest(fields):
                answer = await self.follow_up(bridge, **fields)
                self.assertEqual(answer.status, 422)
                (wrong,) = answer.json["detail"]
                self.assertEqual((wrong["loc"], wrong["type"]),
                                 (["body", *place], kind))
        await bridge.sync()

    async def test_a_follow_up_has_the_options_of_its_request(self):
        bridge = await self.bridge()
        await dispatch(self.daemon, bridge.agent_id)
        await bridge.respond((await bridge.receive_dispatch())["message_id"])
        answer = await self.follow_up(
            bridge, timeout_s=3, retry={"max_attempts": 3}, priority="high",
            durability="commit")
        self.assertEqual(answer.status, 200)
        known = await record(self.daemon, answer.json["message_id"])
        self.assertEqual(known["max_attempts"], 3)
        self.assertEqual(known["options"], {
            "timeout_s": 3.0, "priority": "high", "durability": "commit",
            "retry": {"max_attempts": 3, "on": ["lost"], "backoff_s": 0.0}})

    async def test_a_repeated_follow_up_starts_nothing_twice(self):
        bridge = await self.bridge()
        await dispatch(self.daemon, bridge.agent_id)
        await bridge.respond((await bridge.receive_dispatch())["message_id"])
        first = await self.follow_up(bridge, idempotency_key="KF2")
        again = await self.follow_up(bridge, idempotency_key="KF2")
        self.assertEqual((again.status, again.json), (200, first.json))
        task = await bridge.receive_dispatch()
        self.assertEqual(task["message_id"], first.json["message_id"])
        await bridge.sync()

    async def test_a_dispatch_and_a_follow_up_cannot_share_a_key(self):
        bridge = await self.bridge()
        path = f"/control/agents/{bridge.agent_id}/"
        answers = [await post(self.daemon, path + what, {"content": "race"},
                              headers={"Idempotency-Key": "K1"})
                   for what in ("dispatch", "followup", "dispatch")]
        self.assertEqual([x.status for x in answers], [200, 422, 200])
        self.assertEqual(answers[1].json["code"], "idempotency_conflict")
        self.assertEqual(answers[2].json, answers[0].json)

    async def test_a_dispatch_keeps_its_context(self):
        bridge = await self.bridge()
        first = (await dispatch(self.daemon, bridge.agent_id)).json
        task = await bridge.receive_dispatch()
        await bridge.respond(task["message_id"])
        answer = await dispatch(self.daemon, bridge.agent_id, context={"a": 1},
                                followup_to=first["message_id"])
        task = await bridge.receive_dispatch()
        self.assertEqual(task["context"], {"a": 1})
        await bridge.respond(task["message_id"])
        known = await record(self.daemon, answer.json["message_id"])
        self.assertEqual(known["followup_to"], first["message_id"])

    async def test_what_cannot_be_followed_up_is_refused(self):
        bridge = await self.bridge()
        other = await self.bridge(self.agent_name("-2"))
        earlier = (await dispatch(self.daemon, other.agent_id)).json
        control = await self.control()
        for path in ("dispatch", "followup"):
            path = f"/control/agents/{bridge.agent_id}/{path}"
            answer = await post(self.daemon, path, {"content": "x",
                                                    "followup_to": "nothing"})
            self.assertEqual((answer.status, answer.json["detail"]),
                             (404, "Dispatch not found"))
            answer = await post(self.daemon, path, {
                "content": "x", "followup_to": earlier["message_id"]})
            self.assertEqual(answer.status, 422)
            self.assertEqual(answer.json["detail"][0]["loc"],
                             ["body", "followup_to"])
        await control.dispatch("1", bridge.agent_id, followup_to="nothing")
        self.assertEqual((await control.next("1"))["code"], "unknown_dispatch")
        await control.dispatch("2", bridge.agent_id,
                               followup_to=earlier["message_id"])
        answer = await control.next("2")
        self.assertEqual((answer["code"], answer["detail"]), (
            "invalid_message", f"followup_to: dispatch {earlier['message_id']}"
            f" is not one of agent {bridge.agent_id}"))

    async def test_the_command_follows_up_by_id(self):
        bridge = await self.bridge()
        first = (await dispatch(self.daemon, bridge.agent_id)).json
        await bridge.respond((await bridge.receive_dispatch())["message_id"])
        outcome = await self.daemon.command(
            "dispatch", bridge.agent_id, "more", "--followup",
            first["message_id"], "--priority", "low")
        self.assertEqual(outcome.status, 0, outcome)
        known = await record(self.daemon, outcome.stdout.strip())
        self.assertEqual(known["followup_to"], first["message_id"])
        outcome = await self.daemon.command(
            "dispatch", bridge.agent_id, "more", "--followup", "nothing")
        self.assertEqual(outcome.status, 5)
        self.assertIn("(unknown_dispatch)", outcome.stderr)


class RoutedTest(DaemonCase):

    async def test_a_routed_dispatch_may_name_its_agent(self):
        bridge = await self.bridge()
        answer = await post(self.daemon, "/control/dispatch",
                            {"content": "x", "agent_id": bridge.agent_id})
        self.assertEqual((answer.status, answer.json["agent_id"]),
                         (200, bridge.agent_id))
        self.assertIn("x-ratelimit-remaining-agent", answer.headers)
        task = await bridge.receive_dispatch()
        self.assertEqual(task["message_id"], answer.json["message_id"])

    async def test_a_routed_dispatch_needs_one_valid_target(self):
        for fields, place in (({}, "agent_id"),
                              ({"agent_id": "a b"}, "agent_id"),
                              ({"require": []}, "require"),
                              ({"require": [""]}, "require"),
                              ({"require": ["x"] * 33}, "require"),
                              ({"require": ["x"], "agent_id": "a"}, "require"),
                              ({"require": ["x"], "followup_to": "m"},
                               "followup_to")):
            with self.subTest(fields):
                answer = await post(self.daemon, "/control/dispatch",
                                    {"content": "x", **fields})
                self.assertEqual(answer.status, 422)
                self.assertEqual(answer.json["detail"][0]["loc"],
                                 ["body", place])

    async def test_the_command_explains_wrong_flags(self):
        for flags, complaint in (
                (("a",), "TEXT is required"),
                (("--require", "gpu", "a", "x"),
                 "the daemon chooses the agent, so name none"),
                (("a", "x", "--retry", "11"), "--retry must be 1 to 10"),
                (("a", "x", "--backoff", "1"), "without --retry"),
                (("a", "x", "--priority", "urgent"),
                 "not one of high, normal and low")):
            with self.subTest(flags):
                outcome = await self.daemon.command("dispatch", *flags)
                self.assertEqual(outcome.status, 2, outcome)
                self.assertIn(complaint, outcome.stderr)


class NoStoreTest(AsyncCase):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.daemon = self.start_daemon(BRIDGEKEEPER_STORE_DURABILITY="none")
        self.bridge = await self.given(await Bridge.register(self.daemon, "a"))

    async def ask(self, content, key="k", query="", **fields):
        return await post(self.daemon, f"/control/agents/a/dispatch{query}",
                          {"content": content, **fields},
                          headers={"Idempotency-Key": key} if key else {})

    async def test_a_repeated_request_starts_nothing_twice(self):
        first = await self.ask("one")
        self.assertEqual((await self.ask("one")).json, first.json)
        in_body = await self.ask("one", key=None, idempotency_key="k")
        self.assertEqual(in_body.json, first.json)
        other = await self.ask("two")
        self.assertEqual((other.status, other.json["detail"]),
                         (422, "This Idempotency-Key was used for another "
                               "request"))
        both = await self.ask("one", idempotency_key="another")
        self.assertEqual(both.status, 400)
        task = await self.bridge.receive_dispatch()
        await self.bridge.respond(task["message_id"], "done")
        waited = await self.ask("one", query="?wait=15")
        self.assertEqual((waited.status, waited.json["content"]),
                         (200, "done"))

    async def test_many_requests_with_one_key_start_one_dispatch(self):
        many = await asyncio.gather(*(self.ask("many") for _ in range(20)))
        self.assertEqual({x.status for x in many}, {200})
        self.assertEqual(len({x.json["message_id"] for x in many}), 1)
        await self.bridge.receive_dispatch()
        await self.bridge.sync()

    async def test_a_refused_request_uses_up_no_key(self):
        answer = await post(self.daemon, "/control/agents/b/dispatch",
                            {"content": "x"}, headers={"Idempotency-Key": "k"})
        self.assertEqual(answer.status, 404)
        self.assertEqual((await self.ask("one")).status, 200)

    async def test_the_socket_knows_the_keys_of_http(self):
        first = await self.ask("one")
        control = await self.given(await ControlSocket.open(self.daemon))
        await control.dispatch("1", "a", "one", idempotency_key="k")
        answer = await control.next("1")
        self.assertEqual((answer["type"], answer["record"]["message_id"]),
                         ("record", first.json["message_id"]))
        await control.dispatch("2", "a", "two", idempotency_key="k")
        self.assertEqual((await control.next("2"))["code"],
                         "idempotency_conflict")

    async def test_the_command_sends_a_key_once(self):
        command = ("dispatch", "a", "x", "--key", "one")
        first = await self.daemon.command(*command)
        again = await self.daemon.command(*command)
        self.assertEqual((again.status, again.stdout), (0, first.stdout))
        self.assertIn("Nothing was sent", again.stderr)
        outcome = await self.daemon.command(*command, "--json")
        self.assertEqual(json.loads(outcome.stdout)["message_id"],
                         first.stdout.strip())
        self.assertEqual(
            (await get(self.daemon, "/control/agents/a/task")).json[
                "message_id"], first.stdout.strip())
