"""Every reason is brought about and explained: the explanation names the rule,
the configured value and the next step. Reasons that need a harness have their
cases in tests/api/explain_reasons_test.cpp."""

import asyncio
import contextlib
import hashlib
import unittest

import websockets

from bridge import Bridge
from cases import AsyncCase, DaemonCase
from client import ControlSocket, dispatch, finished_record, get, post, request
from explanations import COVERED, Explaining, all_reasons, brings
from explanations import reasons_of_unit_tests
from raw import RawConnection
from resuming_bridge import ResumingBridge
from waiting import eventually


class EveryReasonTest(unittest.TestCase):

    def test_every_reason_has_a_case(self):
        import test_explain_store  # noqa: F401: it adds its own cases.
        covered = set(COVERED) | reasons_of_unit_tests()
        self.assertEqual(all_reasons() - covered, set())
        self.assertEqual(covered - all_reasons(), set())


class TokenReasonsTest(Explaining, DaemonCase):
    variables = {"BRIDGEKEEPER_AUTH_FAILURE_DELAY": "0.2"}

    @brings("missing_token")
    async def test_a_request_without_a_token(self):
        answer = await get(self.daemon, "/control/agents", token=False)
        self.assertEqual(answer.status, 401)
        await self.check(self.daemon, "missing_token",
                         setting="auth.token_file",
                         says="GET /control/agents")

    @brings("invalid_token")
    async def test_a_bridge_with_a_wrong_token(self):
        agent = self.agent_name()
        bridge = await Bridge.connect(self.daemon, agent)
        await bridge.send("register", auth_token="wrong")
        self.assertEqual((await bridge.closed())[0], 4005)
        # Nobody has registered as this agent, but someone has tried to.
        _, whole = await self.check(self.daemon, "invalid_token", "agents",
                                    agent, setting="auth.token_file")
        self.assertIn("is not connected", whole["summary"])
        self.assertIn("was refused", whole["summary"])

    @brings("too_many_attempts")
    async def test_too_many_wrong_tokens_at_a_time(self):
        async def guess(number):
            return await get(self.daemon, "/control/agents",
                             token=f"wrong-{number}")

        async def is_refused():
            answers = await asyncio.gather(*(guess(x) for x in range(100)))
            return 429 in [x.status for x in answers]
        await eventually(is_refused, "a 429 for one of many wrong tokens")
        # The address that has guessed cannot ask yet.
        await self.check(self.daemon, "too_many_attempts",
                         setting="auth.failure_delay", value="0.2s",
                         source="127.0.0.2")


class ScopedTokenReasonsTest(Explaining, AsyncCase):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.daemon = self.start_daemon(BRIDGEKEEPER_AUTH_FAILURE_DELAY="0")

    async def grant(self, name, scopes):
        token = f"bk_{name}"
        digest = hashlib.sha256(token.encode()).hexdigest()
        (self.daemon.directory / "tokens").write_text(
            f"sha256:{digest} {name} {scopes}\n")

        async def is_known():
            answer = await get(self.daemon, "/control/agents", token=token)
            return answer.status != 401
        await eventually(is_known, "the daemon knows the token")
        return token

    @brings("missing_scope")
    async def test_a_token_without_the_scope(self):
        token = await self.grant("reader", "read")
        answer = await post(self.daemon, "/control/agents/a/cordon", {},
                            token=token)
        self.assertEqual(answer.status, 403)
        await self.check(self.daemon, "missing_scope",
                         setting="auth.scoped_token_file",
                         says="lacks the scope admin")

    async def test_ids_that_a_client_makes_up_are_not_remembered(self):
        token = await self.grant("reader", "read")
        for path in ("agents/made-up/cordon", "dispatches/made-up/cancel"):
            for wrong, status in ((token, 403), ("wrong", 401)):
                answer = await post(self.daemon, f"/control/{path}", {},
                                    token=wrong)
                self.assertEqual(answer.status, status)
        await dispatch(self.daemon, "made-up", content="")
        control = await self.given(await ControlSocket.open(self.daemon))
        await control.dispatch("d", "made-up")
        self.assertEqual((await control.result("d"))["code"], "unknown_agent")
        for kind in ("agents", "dispatches"):
            answer = await get(self.daemon, f"/control/{kind}/made-up/explain")
            self.assertEqual(answer.status, 404, answer.body)
        await self.check(self.daemon, "unknown_agent", says="made-up",
                         setting="agents.forget_after")

    @brings("token_revoked")
    async def test_a_bridge_whose_token_is_revoked(self):
        token = await self.grant("builder", "bridge,read")
        bridge = await self.given(await Bridge.connect(self.daemon, "built"))
        await bridge.send("register", auth_token=token)
        await bridge.receive()
        (self.daemon.directory / "tokens").write_text("")
        self.assertEqual((await bridge.closed())[0], 4005)
        _, whole = await self.check(self.daemon, "token_revoked", "agents",
                                    "built", setting="auth.token_file",
                                    says="builder")
        self.assertIn("is not connected", whole["summary"])


class NoTokenTest(Explaining, AsyncCase):

    @brings("auth_not_configured")
    async def test_a_daemon_without_tokens(self):
        daemon = self.start_daemon(token=None,
                                   BRIDGEKEEPER_AUTH_MAKE_TOKEN="off")
        answer = await get(daemon, "/control/agents", token="any")
        self.assertEqual(answer.status, 500)
        digest = hashlib.sha256(b"bk_first").hexdigest()
        (daemon.directory / "tokens").write_text(
            f"sha256:{digest} first read\n")
        daemon.token = "bk_first"

        async def is_known():
            return (await get(daemon, "/control/agents")).status == 200
        await eventually(is_known, "the daemon knows the first token")
        await self.check(daemon, "auth_not_configured",
                         setting="auth.token_file")


class ConnectionReasonsTest(Explaining, AsyncCase):

    @brings("too_many_connections")
    async def test_more_connections_than_allowed(self):
        daemon = self.start_daemon("--max-connections", "4")
        sockets = [await ControlSocket.open(daemon) for _ in range(4)]
        with self.assertRaises(Exception):
            await ControlSocket.open(daemon)
        await sockets.pop().close()

        async def has_room():
            try:
                return (await get(daemon, "/control/agents")).status == 200
            except OSError:
                return False
        await eventually(has_room, "room for a connection")
        await self.check(daemon, "too_many_connections",
                         setting="server.max_connections", value="4")
        for x in sockets:
            await x.close()

    @brings("peer_closed")
    async def test_a_control_client_that_closes(self):
        daemon = self.start_daemon()
        await (await ControlSocket.open(daemon)).close()
        await self.check_soon(daemon, "peer_closed")

    async def check_soon(self, daemon, reason, **expected):
        async def is_told():
            found = await self.explanation(daemon, "reasons", reason)
            return found["steps"][-1]["text"] != found["steps"][-1]["rule"]
        await eventually(is_told, f"a step for {reason}")
        await self.check(daemon, reason, **expected)

    @brings("request_timeout")
    async def test_a_request_that_stops_halfway(self):
        daemon = self.start_daemon("--request-timeout", "1")
        async with await RawConnection.open(daemon) as connection:
            await connection.send(b"GET /control/agents HTTP/1.1\r\nHo")
            await connection.receive_until(b"408")
        await self.check(daemon, "request_timeout",
                         setting="http.request_timeout", value="1s")

    @brings("bad_request")
    async def test_a_request_that_is_not_http(self):
        daemon = self.start_daemon()
        async with await RawConnection.open(daemon) as connection:
            await connection.send(b"not http at all\r\n\r\n")
            await connection.receive_until(b"400")
        await self.check(daemon, "bad_request")

    @brings("header_too_large")
    async def test_a_request_with_a_large_header(self):
        daemon = self.start_daemon()
        async with await RawConnection.open(daemon) as connection:
            await connection.send(b"GET /livez HTTP/1.1\r\nHost: x\r\nX: "
                                  + b"x" * 200_000 + b"\r\n\r\n")
            await connection.receive_until(b"431")
        await self.check(daemon, "header_too_large",
                         setting="http.max_header_bytes")

    @brings("draining")
    async def test_a_dispatch_to_a_daemon_that_stops(self):
        daemon = self.start_daemon()
        bridge = await self.given(await Bridge.register(daemon, "slow"))
        sent = (await dispatch(daemon, "slow")).json["message_id"]
        await bridge.receive_dispatch()
        daemon.signal()

        async def is_refused():
            return (await dispatch(daemon, "slow")).status == 503
        await eventually(is_refused, "a daemon that drains")
        await self.check(daemon, "draining", "agents", "slow",
                         setting="shutdown.drain_timeout", value="30s")
        await bridge.respond(sent)


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
        daemon = self.start_daemon(durability="none")
        answer = await post(daemon, "/control/store/vacuum")
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
            says="the agent may have 1 dispatches")
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


class SilentBridgeTest(Explaining, DaemonCase):
    flags = ("--heartbeat-timeout", "1")
    variables = {"BRIDGEKEEPER_HEARTBEAT_TICK": "0.2",
                 "BRIDGEKEEPER_HEARTBEAT_ADAPTIVE": "off"}

    @brings("heartbeat_timeout")
    async def test_a_silent_bridge(self):
        bridge = await self.bridge()
        self.assertEqual((await bridge.closed())[0], 4003)
        _, whole = await self.check(
            self.daemon, "heartbeat_timeout", "agents", bridge.agent_id,
            setting="heartbeat.timeout", value="1s", says="1 s were allowed")
        self.assertIn("was evicted", whole["summary"])


class EndReasonsTest(Explaining, DaemonCase):

    async def at_work(self, **fields):
        """A bridge with a dispatch."""
        bridge = await self.bridge()
        await dispatch(self.daemon, bridge.agent_id, **fields)
        return bridge, (await bridge.receive_dispatch())["message_id"]

    @brings("timeout")
    async def test_a_dispatch_that_takes_too_long(self):
        _, id = await self.at_work(timeout_s=1)
        await finished_record(self.daemon, id)
        _, whole = await self.check(
            self.daemon, "timeout", "dispatches", id, setting="timeout_s",
            value="1s", says="did not respond within the timeout of 1 s")
        self.assertIn("timed_out", whole["summary"])
        # A short id is enough.
        short = await self.explanation(self.daemon, "dispatches", id[-8:])
        self.assertEqual(short["id"], id)

    @brings("agent_lost")
    async def test_a_bridge_that_goes_away(self):
        bridge, id = await self.at_work()
        await bridge.close()
        await finished_record(self.daemon, id)
        await self.check(self.daemon, "agent_lost", "dispatches", id)
        await self.check(self.daemon, "agent_lost", "agents",
                         bridge.agent_id)

    @brings("replaced")
    async def test_a_second_bridge_of_the_same_id(self):
        bridge = await self.bridge()
        second = await self.bridge(bridge.agent_id)
        self.assertEqual((await bridge.closed())[0], 4002)
        await self.check(self.daemon, "replaced", "agents", bridge.agent_id)

    @brings("registered_again")
    async def test_a_bridge_that_comes_back_on_another_link(self):
        agent = self.agent_name()
        first = await self.given(
            await ResumingBridge.register(self.daemon, agent))
        second = await self.given(await first.again(self.daemon))
        self.assertEqual((await first.closed())[0], 4006)
        await self.check(self.daemon, "registered_again", "agents", agent)

    @brings("agent_id_in_use")
    async def test_bridges_that_fight_for_an_id(self):
        agent = self.agent_name()
        bridges = [await self.bridge(agent) for _ in range(3)]
        for older in bridges[:-1]:
            self.assertEqual((await older.closed())[0], 4002)
        # The third one is alive and stays.
        rival = await self.given(await Bridge.connect(self.daemon, agent))
        await rival.send("register", auth_token=self.daemon.token)
        self.assertEqual((await rival.closed())[0], 4002)
        self.assertTrue(bridges[-1].is_open())
        await self.check(self.daemon, "agent_id_in_use", "agents", agent)

    @brings("evicted")
    async def test_an_eviction_at_the_console(self):
        bridge = await self.bridge()
        await self.daemon.ask_console(f"evict {bridge.agent_id}")
        self.assertEqual((await bridge.closed())[0], 4003)
        await self.check(self.daemon, "evicted", "agents", bridge.agent_id)

    @brings("drained")
    async def test_a_drained_agent(self):
        bridge = await self.bridge()
        await post(self.daemon, f"/control/agents/{bridge.agent_id}/drain", {})
        self.assertEqual((await bridge.closed())[0], 1001)
        _, whole = await self.check(self.daemon, "drained", "agents",
                                    bridge.agent_id)
        self.assertTrue(any("uncordon" in x for x in whole["next"]), whole)

    @brings("task_failed", "unreadable_response", "forged_result",
            "unknown_message")
    async def test_responses_of_a_bridge(self):
        bridge, id = await self.at_work()
        await bridge.respond(id, error="out of tea")
        await finished_record(self.daemon, id)
        await self.check(self.daemon, "task_failed", "dispatches", id,
                         says="out of tea")
        await bridge.respond("nothing")
        agent = bridge.agent_id
        await self.until_told(agent, "unknown_message")
        await bridge.send("response", agent_id="other", message_id="x",
                          content="x")
        await self.until_told(agent, "forged_result")
        answer = await dispatch(self.daemon, agent)
        id = answer.json["message_id"]
        await bridge.respond(id, content=7)
        await finished_record(self.daemon, id)
        await self.check(self.daemon, "unreadable_response", "dispatches", id)
        await self.check(self.daemon, "unreadable_response", "agents", agent)

    async def until_told(self, agent, reason):
        async def is_told():
            found = await self.explanation(self.daemon, "agents", agent)
            return reason in [x["reason"] for x in found["steps"]]
        await eventually(is_told, f"a step for {reason}")
        await self.check(self.daemon, reason, "agents", agent)


if __name__ == "__main__":
    unittest.main()
