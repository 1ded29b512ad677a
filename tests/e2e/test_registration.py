"""A bridge comes and is known."""

import json
import re

from bridge import Bridge
from cases import DaemonCase
from client import ControlSocket, agent_status, get
from waiting import eventually

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                   r"[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")


class RegistrationTest(DaemonCase):

    async def test_register_is_answered_with_exactly_the_promised_fields(self):
        name = self.agent_name()
        async with await Bridge.connect(self.daemon, name) as bridge:
            await bridge.send("register", auth_token=self.daemon.token)
            answer = await bridge.receive()
            self.assertRegex(answer.pop("session_id"), _UUID)
            self.assertEqual(answer, {"type": "registered", "agent_id": name,
                                      "message": "Registration successful"})

    async def test_the_metadata_s_session_id_becomes_the_session(self):
        bridge = await self.bridge(metadata={"session_id": "../../etc/x"})
        self.assertEqual(bridge.session_id, "../../etc/x")

    async def test_all_that_was_announced_is_shown(self):
        name = self.agent_name()
        await self.bridge(capabilities=["code", "ünïcode"],
                          workdir="/srv/shop", metadata={"n": {"a": [1, 2]}})
        agent = (await get(self.daemon, f"/control/agents/{name}")).json
        agent = agent["agent"]
        for when in ("connected_at", "last_heartbeat"):
            self.assertRegex(agent.pop(when), f"^{_TIME.pattern}$")
        self.assertEqual(agent, {
            "agent_id": name, "name": name, "endpoint_url": "",
            "status": "connected", "capabilities": ["code", "ünïcode"],
            "workdir": "/srv/shop", "metadata": {"n": {"a": [1, 2]}},
            "slots": 1000, "labels": {}, "cordoned": False})

    async def test_the_least_registration_gets_the_defaults(self):
        name = self.agent_name()
        await self.bridge()
        answer = await get(self.daemon, f"/control/agents/{name}")
        agent = answer.json["agent"]
        self.assertEqual(agent["capabilities"], [])
        self.assertIsNone(agent["workdir"])
        self.assertEqual(agent["metadata"], {})

    async def test_null_workdir_and_unknown_fields_are_fine(self):
        await self.bridge(workdir=None, protocol="1.1", extra={"deep": [[]]})

    async def test_the_longest_agent_id_is_accepted(self):
        await self.bridge(agent_id="a" * 64)

    async def test_frames_sent_right_behind_register_are_not_lost(self):
        name = self.agent_name()
        async with await Bridge.connect(self.daemon, name) as bridge:
            await bridge.send("register", auth_token=self.daemon.token)
            await bridge.send("heartbeat", timestamp="early")
            self.assertEqual((await bridge.receive())["type"], "registered")
            self.assertEqual((await bridge.receive())["timestamp"], "early")

    async def test_a_bridge_that_leaves_is_shown_as_disconnected(self):
        name = self.agent_name()
        async with await Bridge.register(self.daemon, name):
            self.assertEqual(await agent_status(self.daemon, name),
                             "connected")

        async def is_gone():
            return await agent_status(self.daemon, name) == "disconnected"
        await eventually(is_gone, "the agent's status changes")
        answer = await get(self.daemon, f"/control/agents/{name}")
        self.assertIsNone(answer.json["agent"]["connected_at"])

    async def test_agents_are_listed_in_the_order_they_registered(self):
        names = [self.agent_name(f"-{suffix}") for suffix in "cab"]
        for name in names:
            await self.bridge(agent_id=name)
        async with await Bridge.register(self.daemon, names[0]):
            pass
        answer = (await get(self.daemon, "/control/agents")).json
        listed = [agent["agent_id"] for agent in answer["agents"]]
        self.assertEqual([x for x in listed if x in names], names)
        self.assertEqual(answer["total"], len(listed))

    async def test_the_control_socket_lists_what_http_lists(self):
        await self.bridge()
        async with await ControlSocket.open(self.daemon) as control:
            over_http = (await get(self.daemon, "/control/agents")).json
            await control.ask("agents", "list")
            answer = await control.next("list")
        self.assertEqual(answer, {"type": "agents", "id": "list",
                                  **over_http})

    async def test_the_bridge_status_shows_connected_bridges_alone(self):
        name = self.agent_name()
        bridge = await self.bridge(capabilities=["x"])
        gone = self.agent_name("-gone")
        async with await Bridge.register(self.daemon, gone):
            pass

        async def has_left():
            return await agent_status(self.daemon, gone) == "disconnected"
        await eventually(has_left, "the other bridge is gone")
        status = (await get(self.daemon, "/ws/agent-bridge/status")).json
        self.assertEqual(status["connected_count"], len(status["agents"]))
        rows = {row.pop("agent_id"): row for row in status["agents"]}
        self.assertNotIn(gone, rows)
        row = rows[name]
        for when in ("connected_at", "last_heartbeat"):
            self.assertRegex(row.pop(when), f"^{_TIME.pattern}$")
        self.assertEqual(row, {"capabilities": ["x"], "workdir": None,
                               "metadata": {},
                               "session_id": bridge.session_id})


class HeartbeatEchoTest(DaemonCase):

    async def test_a_heartbeat_is_echoed_and_nothing_else_is_sent(self):
        bridge = await self.bridge()
        # What came between the two echoes would be seen here.
        for stamp in ("2024-01-01T00:00:00+00:00", "not a time", "é"):
            await bridge.send("heartbeat", timestamp=stamp)
            self.assertEqual(await bridge.receive(),
                             {"type": "heartbeat", "timestamp": stamp,
                              "agent_id": bridge.agent_id})

    async def test_a_heartbeat_without_a_time_is_echoed_with_now(self):
        bridge = await self.bridge()
        await bridge.send("heartbeat")
        self.assertRegex((await bridge.receive())["timestamp"],
                         f"^{_TIME.pattern}$")

    async def test_a_heartbeat_moves_last_heartbeat(self):
        bridge = await self.bridge()

        async def last():
            answer = await get(self.daemon,
                               f"/control/agents/{bridge.agent_id}")
            return answer.json["agent"]["last_heartbeat"]
        before = await last()
        await bridge.sync()
        self.assertGreater(await last(), before)

    async def test_after_registration_bad_frames_are_skipped(self):
        bridge = await self.bridge()
        for text in ("", "{", "[]", "null", "{}", '{"type":7}',
                     '{"type":"heartbeat"}', '{"type":"nonsense"}',
                     '{"type":"progress","agent_id":"x"}',
                     json.dumps({"type": "dispatch", "message_id": "m",
                                 "agent_id": bridge.agent_id,
                                 "content": "c"}),
                     json.dumps({"type": "register", "auth_token": "t",
                                 "agent_id": bridge.agent_id})):
            await bridge.send_text(text)
        await bridge.sync()

    async def test_pings_are_answered(self):
        bridge = await self.bridge()
        await (await bridge.socket.ping(b"are you there"))


class UnusualClientTest(DaemonCase):

    async def test_an_offer_of_compression_and_any_origin_are_accepted(self):
        bridge = await Bridge.register(
            self.daemon, self.agent_name(),
            options={"compression": "deflate", "origin": "http://evil.test",
                     "ping_interval": 20})
        await self.given(bridge)
        await bridge.sync()

    async def test_messages_in_fragments_are_put_together(self):
        name = self.agent_name()
        async with await Bridge.connect(self.daemon, name) as bridge:
            text = json.dumps({"type": "register", "agent_id": name,
                               "auth_token": self.daemon.token})
            await bridge.socket.send(iter([text[:10], text[10:11],
                                           text[11:]]))
            self.assertEqual((await bridge.receive())["type"], "registered")
            beat = json.dumps({"type": "heartbeat", "agent_id": name,
                               "timestamp": "in pieces"})
            await bridge.socket.send(iter(beat))
            self.assertEqual((await bridge.receive())["timestamp"],
                             "in pieces")
