"""Why tokens and connections are refused."""

import asyncio
import hashlib

from bridge import Bridge
from cases import AsyncCase, DaemonCase
from client import ControlSocket, dispatch, get, post
from explanations import Explaining, brings
from raw import RawConnection
from waiting import eventually


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
                                    "built",
                                    setting="auth.scoped_token_file",
                                    value=str(self.daemon.directory / "tokens"),
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
        # Room for two, because a request's connection may outlast its answer.
        for _ in range(2):
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
