"""What the log tells of those who are refused, and of those who leave."""

import asyncio
import resource
import socket

from bridge import Bridge
from cases import AsyncCase, DaemonCase
from client import ControlSocket, agent_status, dispatch, get
from daemon import FEW_DESCRIPTORS
from raw import CLOSE, RawConnection, frame
from regression import fails_at
from waiting import eventually, pace

SECRET = "a-wrong-secret"


class LogCase(DaemonCase):

    def setUp(self):
        super().setUp()
        self.before = len(self.daemon.log_lines())

    async def line(self, **fields):
        """The first line since the test began that has all these fields."""
        def found():
            for x in self.daemon.log_lines()[self.before:]:
                if fields.items() <= x.items():
                    return x
            return None
        await eventually(found, f"a log line with {fields}")
        return found()


class RefusalLogTest(LogCase):

    @fails_at("8bd27b6")
    async def test_a_wrong_token_over_http_leaves_a_line(self):
        for token, reason in (("", "missing_token"),
                              (SECRET, "invalid_token")):
            with self.subTest(reason):
                await get(self.daemon, f"/control/agents?token={token}",
                          token=None)
                line = await self.line(reason=reason, peer="127.0.0.1")
                self.assertEqual(line["level"], "warning")
                self.assertIn("GET /control/agents rejected", line["message"])
        self.assertNotIn(SECRET, self.daemon.log())
        # Text has them at its end; JSON has them nowhere else.
        self.assertNotIn("invalid_token", line["message"])

    @fails_at("8bd27b6")
    async def test_a_refused_bridge_is_named_with_address_id_and_cause(self):
        async def refused(agent_id, **fields):
            bridge = await self.given(await Bridge.connect(self.daemon,
                                                           agent_id))
            await bridge.send("register", **fields)
            await bridge.closed()
        await refused("wrong-token", auth_token=SECRET)
        line = await self.line(agent="wrong-token", reason="invalid_token",
                               peer="127.0.0.1")
        self.assertIn("Authentication failed", line["message"])
        await refused("under_score", auth_token=self.daemon.token)
        await self.line(agent="under_score", reason="invalid_agent_id",
                        peer="127.0.0.1")
        # What is no id may be a misplaced secret, unless the token is right.
        await refused("under_score_2", auth_token=SECRET)
        self.assertNotIn("under_score_2", self.daemon.log())
        self.assertNotIn(SECRET, self.daemon.log())

    @fails_at("8bd27b6")
    async def test_a_bridge_that_says_something_else_first_is_named(self):
        connection = await self.given(
            await RawConnection.upgraded(self.daemon))
        await connection.send(frame("{"))
        await connection.receive_close()
        await self.line(reason="invalid_json", peer="127.0.0.1")

    @fails_at("8bd27b6")
    async def test_a_result_for_nothing_names_its_dispatch(self):
        bridge = await self.bridge()
        await bridge.respond("no-such-dispatch")
        await self.line(agent=bridge.agent_id, message_id="no-such-dispatch",
                        reason="unknown_message", peer="127.0.0.1")

    @fails_at("8bd27b6")
    async def test_the_address_is_the_client_s_behind_a_proxy(self):
        daemon = self.start_daemon("--trusted-proxies", "127.0.0.1")
        await get(daemon, "/control/agents", token=SECRET,
                  headers={"X-Forwarded-For": "203.0.113.9"})

        def told():
            return [x for x in daemon.log_lines()
                    if x.get("reason") == "invalid_token"]
        await eventually(told, "a log line")
        self.assertEqual(told()[0]["peer"], "203.0.113.9")


class ManyBridgesTest(LogCase):
    variables = {"BRIDGEKEEPER_BRIDGE_MAX_UNREGISTERED_PER_IP": "1"}

    @fails_at("8bd27b6")
    async def test_a_bridge_that_finds_no_place_is_logged(self):
        await self.given(await Bridge.connect(self.daemon))
        connection = await self.given(await RawConnection.open(self.daemon))
        await connection.send(
            b"GET /ws/agent-bridge HTTP/1.1\r\nHost: x\r\n"
            b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n")
        self.assertEqual((await connection.receive_answer())[0], 503)
        await self.line(reason="too_many_connections", peer="127.0.0.1")


class DepartureLogTest(LogCase):

    @fails_at("8bd27b6")
    async def test_a_bridge_s_own_close_code_and_reason_are_told(self):
        bridge = await self.bridge()
        waiting = asyncio.create_task(
            dispatch(self.daemon, bridge.agent_id, query="?wait=15"))
        task = await bridge.receive_dispatch()
        await bridge.socket.close(4321, "out of memory")
        line = await self.line(agent=bridge.agent_id, reason="agent_lost",
                               peer="127.0.0.1")
        self.assertIn("closed by peer with 4321 out of memory",
                      line["message"])
        # The requester learns it, and so does a reader of events.
        done = (await waiting).json
        self.assertEqual(done["reason"], "agent_lost")
        self.assertIn("4321 out of memory", done["error"])
        events = (await get(
            self.daemon,
            f"/control/sessions/{bridge.session_id}/events/filter"
            "?event_type=agent_disconnected")).json["events"]
        self.assertEqual(events[-1]["metadata"]["detail"],
                         "closed by peer with 4321 out of memory")
        self.assertEqual(task["agent_id"], bridge.agent_id)

    @fails_at("8bd27b6")
    async def test_a_bridge_s_words_forge_no_line(self):
        connection = await self.given(
            await RawConnection.registered(self.daemon, self.agent_name()))
        reason = 'x", "agent": "other\n\u202e\x1b[2J'
        await connection.send(frame(b"\x10\xe1" + reason.encode(), CLOSE))
        line = await self.line(agent=self.agent_name(), reason="agent_lost")
        self.assertIn(f"closed by peer with 4321 {reason}", line["message"])
        self.assertNotIn("\u202e", self.daemon.log())

    @fails_at("8bd27b6")
    async def test_a_silent_bridge_is_told_with_its_address(self):
        daemon = self.start_daemon("--heartbeat-timeout", "0.2",
                                   "--heartbeat-tick", "0.1",
                                   BRIDGEKEEPER_HEARTBEAT_ADAPTIVE="false")
        connection = await self.given(
            await RawConnection.registered(daemon, "silent"))

        def told():
            return [x for x in daemon.log_lines()
                    if x.get("reason") == "heartbeat_timeout"]
        await eventually(told, "a log line")
        self.assertEqual((told()[0]["agent"], told()[0]["peer"]),
                         ("silent", "127.0.0.1"))
        await connection.receive_close()

    @fails_at("8bd27b6")
    async def test_a_control_client_that_breaks_the_rules_is_told(self):
        control = await self.given(await ControlSocket.open(self.daemon))
        await control.send_text(b"binary")
        await self.line(reason="binary_frame", peer="127.0.0.1")


class LastingTroubleTest(AsyncCase):

    @fails_at("8bd27b6")
    async def test_no_descriptors_is_told_once_and_when_it_is_over(self):
        daemon = self.start_daemon(**FEW_DESCRIPTORS)

        def lines(text):
            return [x for x in daemon.log_lines() if text in x["message"]]
        limits = resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE)
        # Fewer than are open already.
        resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE,
                         (8, limits[1]))
        late = socket.create_connection((daemon.host, daemon.port))
        self.addCleanup(late.close)
        await eventually(lambda: lines("cannot accept"), "a complaint")
        # A line for each attempt would be ten more.
        await pace(1)
        self.assertEqual(len(lines("cannot accept")), 1)
        resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, limits)

        async def is_over():
            await get(daemon, "/health")
            return lines("accepted again")
        await eventually(is_over, "that it is over", deadline=20)
        self.assertEqual(len(lines("accepted again")), 1)

    @fails_at("8bd27b6")
    async def test_too_many_connections_are_told_once(self):
        daemon = self.start_daemon("--max-connections", "1")

        def lines():
            return [x for x in daemon.log_lines()
                    if x.get("reason") == "too_many_connections"]
        async with await RawConnection.open(daemon) as first:
            await first.send(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            await first.receive_answer()
            for _ in range(20):
                async with await RawConnection.open(daemon) as other:
                    self.assertEqual((await other.receive_answer())[0], 503)
        await eventually(lines, "a complaint")
        self.assertEqual([x["peer"] for x in lines()], ["127.0.0.1"])


class DispatchLogTest(LogCase):

    async def test_a_dispatch_has_a_line_at_its_start_and_at_its_end(self):
        bridge = await self.bridge()
        answer = await dispatch(self.daemon, bridge.agent_id)
        id = answer.json["message_id"]
        await bridge.receive_dispatch()
        start = await self.line(message_id=id)
        self.assertEqual(start["agent"], bridge.agent_id)
        self.assertEqual(start["level"], "info")
        self.assertEqual(start["peer"], "127.0.0.1")
        self.assertNotIn("outcome", start)
        await bridge.respond(id, usage={"cost_usd": 0.25})
        end = await self.line(message_id=id, outcome="completed")
        self.assertEqual(end["session_id"], start["session_id"])
        self.assertEqual(end["attempt"], 1)
        self.assertEqual(end["cost_usd"], 0.25)
        self.assertGreaterEqual(end["duration_s"], end["queue_wait_s"])
        self.assertNotIn("reason", end)
        about = [x for x in self.daemon.log_lines()
                 if x.get("message_id") == id]
        self.assertEqual(len(about), 2)

    async def test_a_failed_dispatch_says_why(self):
        bridge = await self.bridge()
        answer = await dispatch(self.daemon, bridge.agent_id)
        id = answer.json["message_id"]
        await bridge.respond(id, content="", error="no such file")
        end = await self.line(message_id=id, outcome="failed")
        self.assertEqual(end["reason"], "task_failed")
        self.assertIn("no such file", end["message"])

    async def test_a_refused_dispatch_says_why_over_http_and_the_socket(self):
        bridge = await self.bridge()
        await bridge.close()

        async def away():
            return await agent_status(self.daemon,
                                      bridge.agent_id) == "disconnected"
        await eventually(away, "the agent is away")
        answer = await dispatch(self.daemon, bridge.agent_id)
        self.assertEqual(answer.status, 409)
        await self.line(agent=bridge.agent_id, outcome="refused",
                        reason="agent_not_connected")
        self.before = len(self.daemon.log_lines())
        control = await self.control()
        await control.dispatch("1", bridge.agent_id)
        self.assertEqual((await control.next("1"))["type"], "error")
        await self.line(agent=bridge.agent_id, outcome="refused",
                        reason="agent_not_connected")


class ManyDispatchesLogTest(LogCase):
    variables = {"BRIDGEKEEPER_LOG_MAX_DISPATCHES_PER_SECOND": "2"}

    async def test_many_dispatches_leave_few_lines_and_their_number(self):
        bridge = (await self.bridge()).work()
        control = await self.control()
        for number in range(300):
            await control.dispatch(str(number), bridge.agent_id)
        for number in range(300):
            await control.result(str(number))

        def counted():
            return any("more before it" in x["message"]
                       for x in self.daemon.log_lines()[self.before:])

        async def told():
            await dispatch(self.daemon, bridge.agent_id)
            return counted()
        await eventually(told, "a line with the number of those left out")
        lines = [x for x in self.daemon.log_lines()[self.before:]
                 if "message_id" in x]
        self.assertLess(len(lines), 200)
        # What has a start has an end.
        ended = {x["message_id"] for x in lines if "outcome" in x}
        self.assertLessEqual(len({x["message_id"] for x in lines} - ended), 2)
