"""The endpoint table: health and the control context."""

import json

from bridge import Bridge
from cases import AsyncCase
from client import dispatch, error_of, finished_record, get, post
from endpoints import UUID, EndpointCase
from events import EventStream
from raw import RawConnection
from waiting import eventually

_HEALTH = {"status": "ok", "service": "vibeforge-api"}
_NO_LIMIT = {"session_cost_usd": 0, "session_limit_usd": 0,
             "session_remaining_usd": None, "daily_cost_usd": 0,
             "daily_limit_usd": 0, "daily_remaining_usd": None,
             "session_warning": False, "daily_warning": False}


async def context(daemon):
    answer = await get(daemon, "/control/context")
    assert answer.status == 200, answer
    return answer.json


class HealthTest(EndpointCase):

    async def test_health_is_well_without_a_token(self):
        for token in (False, "wrong"):
            answer = await self.ask("GET", "/health", token=token)
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.json, {**answer.json, **_HEALTH})

    async def test_livez_and_readyz_need_no_token(self):
        for path in ("/livez", "/readyz"):
            self.assert_json(await self.ask("GET", path, token=False),
                             200, {"status": "ok"})


class ReadinessTest(AsyncCase):

    async def test_a_draining_daemon_is_alive_and_not_ready(self):
        daemon = self.start_daemon("--drain-timeout", "20")
        bridge = await self.given(await Bridge.register(daemon, "a"))
        await dispatch(daemon, "a")
        task = await bridge.receive_dispatch()

        async def ask(path, more=""):
            # Each on a connection of its own: whoever comes hears why.
            raw = await self.given(await RawConnection.open(daemon))
            await raw.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n")
            return await raw.receive_answer()

        async def is_unready():
            return (await ask("/readyz"))[0] == 503
        self.assertEqual((await ask("/readyz"))[0], 200)
        daemon.signal()
        try:
            await eventually(is_unready, "not ready any more")
            status, headers, body = await ask("/readyz")
            self.assertEqual((status, error_of(
                json.loads(body), headers["retry-after"])), (503, {
                "status": "unavailable", "detail": "shutting down"}))
            refusal = await ask("/ws/agent-bridge", (
                "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"))
            self.assertEqual((refusal[0], refusal[1]["retry-after"]),
                             (503, "1"))
            for path in ("/livez", "/health"):
                self.assertEqual((path, (await ask(path))[0]), (path, 200))
        finally:
            await bridge.respond(task["message_id"])


class ContextTest(EndpointCase):

    async def test_without_limits_nothing_remains_to_be_told(self):
        answer = await self.ask("GET", "/control/context")
        body = answer.json
        self.assertRegex(body["control_session_id"], UUID)
        self.assert_json(answer, 200, {
            "control_session_id": body["control_session_id"], **_NO_LIMIT})

    async def test_the_control_session_is_one_and_stays(self):
        ids = {(await context(self.daemon))["control_session_id"]
               for _ in range(3)}
        await post(self.daemon, "/control/sessions", {})
        ids.add((await context(self.daemon))["control_session_id"])
        self.assertEqual(len(ids), 1)

    async def test_it_is_the_session_of_every_dispatch(self):
        bridge = await self.bridge()
        await dispatch(self.daemon, bridge.agent_id)
        task = await bridge.receive_dispatch()
        self.assertEqual(task["session_id"], (
            await context(self.daemon))["control_session_id"])

    async def test_it_has_a_stream_from_the_start(self):
        id = (await context(self.daemon))["control_session_id"]
        async with await EventStream.open_session(self.daemon, id) as stream:
            self.assertEqual(stream.status, 200)


class CostContextTest(EndpointCase):

    variables = {"VIBEFORGE_SESSION_COST_LIMIT_USD": "1",
                 "VIBEFORGE_DAILY_COST_LIMIT_USD": "4"}

    async def test_costs_what_remains_and_warnings_are_told(self):
        before = await context(self.daemon)
        id = before["control_session_id"]
        self.assertEqual(before, {
            "control_session_id": id,
            "session_cost_usd": 0, "session_limit_usd": 1,
            "session_remaining_usd": 1, "daily_cost_usd": 0,
            "daily_limit_usd": 4, "daily_remaining_usd": 4,
            "session_warning": False, "daily_warning": False})
        bridge = await self.bridge()
        answer = await dispatch(self.daemon, bridge.agent_id)
        message_id = answer.json["message_id"]
        await bridge.respond(message_id, usage={"cost_usd": 0.875})
        await finished_record(self.daemon, message_id)
        self.assertEqual(await context(self.daemon), {
            "control_session_id": id,
            "session_cost_usd": 0.875, "session_limit_usd": 1,
            "session_remaining_usd": 0.125, "daily_cost_usd": 0.875,
            "daily_limit_usd": 4, "daily_remaining_usd": 3.125,
            "session_warning": True, "daily_warning": False})
