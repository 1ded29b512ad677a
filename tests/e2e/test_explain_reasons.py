"""Every reason is brought about and explained: the explanation names the rule,
the configured value and the next step. Here are the reasons for which requests
are refused. Reasons that need a harness have their cases in
tests/api/explain_reasons_test.cpp."""

import contextlib
import unittest

import websockets

from bridge import Bridge
from cases import AsyncCase, DaemonCase
from client import dispatch, finished_record, get, post, request
from explanations import COVERED, Explaining, all_reasons, brings
from explanations import reasons_of_unit_tests
from waiting import eventually


class EveryReasonTest(unittest.TestCase):

    def test_every_reason_has_a_case(self):
        # These add their own cases.
        import test_explain_access  # noqa: F401
        import test_explain_ends  # noqa: F401
        import test_explain_store  # noqa: F401
        covered = set(COVERED) | reasons_of_unit_tests()
        self.assertEqual(all_reasons() - covered, set())
        self.assertEqual(covered - all_reasons(), set())


class RequestReasonsTest(Explaining, DaemonCase):

    @brings("invalid_json", "invalid_message", "empty_content",
            "content_too_long", "invalid_agent_id")
    async def test_bodies_that_are_no_dispatches(self):
        agent = (await self.bridge()).agent_id
        path = f"/control/agents/{agent}/dispatch"
        for body, reason, setting in (
                (b"{", "invalid_json", None),
                ({"content": 1}, "invalid_message", None),
                ({"content": " "}, "empty_content", None),
                ({"content": "x" * 10_001}, "content_too_long",
                 "dispatch.max_content_chars")):
            with self.subTest(reason):
                self.assertIn((await post(self.daemon, path, body)).status,
                              (400, 422))
                await self.check(self.daemon, reason, "agents", agent,
                                 setting=setting,
                                 says="POST /control/agents/*/dispatch")
        await post(self.daemon, "/control/agents/not_an_id/dispatch",
                   {"content": "x"})
        await self.check(self.daemon, "invalid_agent_id")

    @brings("not_registered", "too_large", "binary_frame")
    async def test_links_that_break_the_protocol(self):
        bridge = await Bridge.connect(self.daemon, "x")
        await bridge.send("heartbeat", timestamp="1")
        self.assertEqual((await bridge.closed())[0], 4001)
        await self.check(self.daemon, "not_registered",
                         setting="bridge.register_timeout", value="10s")
        bridge = await Bridge.connect(self.daemon, "x", max_size=None)
        with contextlib.suppress(websockets.ConnectionClosed):
            await bridge.send_text("x" * 600_000)
        await bridge.closed()
        await self.check(self.daemon, "too_large")
        bridge = await self.bridge()
        await bridge.socket.send(b"binary")
        self.assertEqual((await bridge.closed())[0], 1003)
        await self.check(self.daemon, "binary_frame", "agents",
                         bridge.agent_id)

    @brings("blank_registration", "bad_upgrade", "unknown_route",
            "method_not_allowed", "unknown_session", "unknown_agent",
            "unknown_dispatch", "agent_not_connected", "no_task",
            "agent_still_connected")
    async def test_requests_that_cannot_be_met(self):
        agent = (await self.bridge()).agent_id
        away = self.agent_name("-away")
        await (await Bridge.register(self.daemon, away)).close()
        await eventually(
            lambda: self.status(away, "disconnected"), "the agent is away")
        task = {"content": "x"}
        for method, path, body, reason, setting in (
                ("POST", "/control/agents/register",
                 {"name": " ", "endpoint_url": " "}, "blank_registration",
                 None),
                ("GET", "/ws/control", None, "bad_upgrade", None),
                ("GET", "/control/nothing", None, "unknown_route", None),
                ("POST", "/control/agents", {}, "method_not_allowed", None),
                ("GET", "/control/sessions/none/events", None,
                 "unknown_session", "events.history_per_stream"),
                ("POST", "/control/agents/none/dispatch", task,
                 "unknown_agent", "agents.forget_after"),
                ("GET", "/control/dispatches/none", None, "unknown_dispatch",
                 "store.max_dispatches"),
                ("POST", f"/control/agents/{away}/dispatch", task,
                 "agent_not_connected", None),
                ("POST", f"/control/agents/{agent}/followup", task, "no_task",
                 None),
                ("DELETE", f"/control/agents/{agent}", None,
                 "agent_still_connected", None)):
            with self.subTest(reason):
                answer = await request(self.daemon, method, path, body)
                self.assertGreaterEqual(answer.status, 400)
                await self.check(self.daemon, reason, setting=setting)
        await self.check(self.daemon, "agent_not_connected", "agents", away)

    async def status(self, agent, wanted):
        answer = await get(self.daemon, f"/control/agents/{agent}")
        return answer.json["agent"]["status"] == wanted

    @brings("idempotency_conflict", "already_ended", "cancelled")
    async def test_requests_that_come_twice(self):
        bridge = await self.bridge()
        key = {"headers": {"Idempotency-Key": self.agent_name()}}
        path = f"/control/agents/{bridge.agent_id}/dispatch"
        first = await post(self.daemon, path, {"content": "a"}, **key)
        self.assertEqual(first.status, 200)
        again = await post(self.daemon, path, {"content": "b"}, **key)
        self.assertEqual(again.status, 422)
        await self.check(self.daemon, "idempotency_conflict", "agents",
                         bridge.agent_id)
        id = first.json["message_id"]
        path = f"/control/dispatches/{id}/cancel"
        self.assertEqual((await post(self.daemon, path, {})).status, 200)
        await self.check(self.daemon, "cancelled", "dispatches", id)
        self.assertEqual((await post(self.daemon, path, {})).status, 409)
        await self.check(self.daemon, "already_ended", "dispatches", id)

    @brings("not_ended")
    async def test_a_dispatch_that_is_erased_before_its_end(self):
        bridge = await self.bridge()
        id = (await dispatch(self.daemon, bridge.agent_id)).json["message_id"]
        answer = await post(self.daemon, "/control/store/erase",
                            {"message_id": id})
        self.assertEqual(answer.status, 409)
        await self.check(self.daemon, "not_ended")

    @brings("overflow", "already_subscribed")
    async def test_subscriptions_beyond_the_limit(self):
        control = await self.control()
        for number in range(1001):
            await control.ask("subscribe", f"{number}", agent_id=f"s-{number}")
        answer = await control.next("1000")
        self.assertEqual(answer["code"], "overflow")
        await self.check(self.daemon, "overflow")
        await control.ask("subscribe", "again", agent_id="s-1")
        self.assertEqual((await control.next("again"))["code"],
                         "already_subscribed")
        await self.check(self.daemon, "already_subscribed",
                         says="/ws/control")

    @brings("unavailable")
    async def test_a_daemon_without_a_store_cannot_vacuum_it(self):
        daemon = self.start_daemon(BRIDGEKEEPER_STORE_DURABILITY="none")
        answer = await post(daemon, "/control/store/vacuum", {})
        self.assertEqual(answer.status, 503, answer.body)
        await self.check(daemon, "unavailable",
                         says="POST /control/store/vacuum")


class LimitReasonsTest(Explaining, AsyncCase):

    @brings("rate_limited")
    async def test_more_dispatches_than_an_agent_may_have(self):
        daemon = self.start_daemon(VIBEFORGE_RATE_LIMIT_AGENT_PER_MIN="1")
        bridge = await self.given(await Bridge.register(daemon, "busy"))
        await dispatch(daemon, "busy")
        self.assertEqual((await dispatch(daemon, "busy")).status, 429)
        self.assertEqual((await dispatch(daemon, "busy")).status, 429)
        step, whole = await self.check(
            daemon, "rate_limited", "agents", "busy",
            setting="limits.agent_per_minute", value="1",
            says="the agent may have 1 dispatch in any 60 s")
        self.assertEqual(step["times"], 2)
        self.assertIn("The last refusal", whole["summary"])
        self.assertIn("limits.agent_per_minute", whole["next"][0])
        await bridge.receive_dispatch()

    @brings("cost_limit")
    async def test_a_dispatch_for_which_no_money_is_left(self):
        daemon = self.start_daemon(VIBEFORGE_SESSION_COST_LIMIT_USD="1")
        bridge = await self.given(await Bridge.register(daemon, "dear"))
        id = (await dispatch(daemon, "dear")).json["message_id"]
        await bridge.receive_dispatch()
        await bridge.respond(id, usage={"cost_usd": 2.0})
        await finished_record(daemon, id)
        self.assertEqual((await dispatch(daemon, "dear")).status, 402)
        _, whole = await self.check(daemon, "cost_limit", "agents", "dear",
                                    setting="cost.session_limit_usd",
                                    value="$1.00")
        self.assertIn("costs --reset-session", whole["next"][0])

    @brings("too_many_pending")
    async def test_more_unfinished_dispatches_than_an_agent_may_have(self):
        daemon = self.start_daemon(
            BRIDGEKEEPER_BRIDGE_MAX_PENDING_PER_AGENT="1")
        await self.given(await Bridge.register(daemon, "full"))
        await dispatch(daemon, "full")
        self.assertEqual((await dispatch(daemon, "full")).status, 503)
        await self.check(daemon, "too_many_pending", "agents", "full",
                         setting="bridge.max_pending_per_agent", value="1")
