"""Uses the operations and messages that no other test uses through the clients
whose traffic is recorded. test_openapi.py runs this and compares."""

from bridge import Bridge
from cases import DaemonCase
from client import ControlSocket, dispatch, finished_record, get, post
from resuming_bridge import ResumingBridge, entry


class ApiSurvey(DaemonCase):

    async def test_requests_about_the_daemon(self):
        for path in ("/version", "/openapi.json", "/health", "/livez",
                     "/readyz", "/metrics"):
            self.assertEqual((await get(self.daemon, path)).status, 200)

    async def test_work_on_the_store(self):
        file = str(self.daemon.directory / "copy.db")
        for name, body in (("backup", {"file": file}), ("vacuum", {})):
            answer = await post(self.daemon, f"/control/store/{name}", body)
            self.assertEqual((answer.status, answer.json),
                             (200, {"status": "done"}))

        bridge = await self.bridge()
        id = (await dispatch(self.daemon, bridge.agent_id)).json["message_id"]
        await bridge.receive_dispatch()
        await bridge.respond(id)
        await finished_record(self.daemon, id)
        answer = await post(self.daemon, "/control/store/erase",
                            {"message_id": id})
        self.assertEqual(answer.status, 200)

    async def test_a_bridge_that_checks_its_token(self):
        answer = await get(self.daemon, "/ws/agent-bridge/check/a")
        self.assertEqual(answer.status, 200)

    async def test_requests_of_control_clients(self):
        bridge = await self.bridge()
        control = await self.control()
        name = bridge.agent_id
        await control.ask("costs", "costs", reset_session=True)
        self.assertEqual((await control.next("costs"))["type"], "costs")
        await control.dispatch("dispatch", name)
        id = (await control.next("dispatch"))["message_id"]
        for kind, fields in (("task", {"agent_id": name}),
                             ("record", {"message_id": id}),
                             ("cancel", {"message_id": id})):
            await control.ask(kind, kind, **fields)
            answer = await control.next(kind)
            self.assertIn(answer["type"], ("task", "record"))
        await bridge.close()
        await control.ask("forget", "forget", agent_id=name)
        answer = await control.next("forget")
        self.assertIn(answer["type"], ("forgotten", "error"))
        added = await post(self.daemon, "/control/agents/register",
                           {"name": "never here", "endpoint_url": "x"})
        await control.ask("forget", "again",
                          agent_id=added.json["agent"]["agent_id"])
        self.assertEqual((await control.next("again"))["type"], "forgotten")

    async def test_explanations(self):
        bridge = await self.bridge()
        control = await self.control()
        await control.ask("subscribe", "events", agent_id=bridge.agent_id)
        await control.next("events")
        await control.dispatch(
            "d", bridge.agent_id, tracestate="a=b",
            traceparent=f"00-{'1' * 32}-{'2' * 16}-01")
        id = (await control.next("d"))["message_id"]
        await self.seen(control, "task_dispatched")
        for path in (f"agents/{bridge.agent_id}", f"dispatches/{id}",
                     "reasons/missing_token"):
            answer = await get(self.daemon, f"/control/{path}/explain")
            self.assertEqual(answer.status, 200)
        answer = await get(self.daemon, "/control/dispatches/nobody/explain")
        self.assertEqual(answer.status, 404)

    async def test_messages_of_bridges_of_protocol_1_1(self):
        bridge = await self.given(await ResumingBridge.register(
            self.daemon, self.agent_name(), slots=2, labels={"gpu": "a100"},
            resume=[entry("unknown-1", "running")], resume_more=True))
        await bridge.send("resume", resume=[entry("unknown-2", "finished")],
                          more=False)
        control = await self.control()
        await control.dispatch("d", bridge.agent_id)
        await control.next("d")
        while (frame := await bridge.receive())["type"] != "dispatch":
            self.assertEqual(frame["type"], "cancel")
        await bridge.send("accept", message_id=frame["message_id"])
        await bridge.respond(frame["message_id"], error="no", failure="auth",
                             error_detail="401", metadata={"model": "m"})
        await bridge.acked(frame["message_id"])
        self.assertEqual((await control.result("d"))["failure"], "auth")
        await bridge.send("drain")

    async def test_an_attempt_that_is_repeated(self):
        bridge = await self.bridge()
        control = await self.control()
        await control.ask("subscribe", "events", agent_id=bridge.agent_id)
        await control.next("events")
        await control.dispatch("d", bridge.agent_id,
                               retry={"max_attempts": 2, "on": ["failed"]})
        first = await bridge.receive_dispatch()
        await bridge.respond(first["message_id"], error="not yet")
        second = await bridge.receive_dispatch()
        await bridge.respond(second["message_id"])
        self.assertEqual((await control.result("d"))["type"], "response")
        await self.seen(control, "task_retrying")

    async def test_a_bridge_that_falls_silent(self):
        daemon = self.start_daemon(
            "--heartbeat-timeout", "0.5", "--heartbeat-adaptive", "false",
            "--heartbeat-tick", "0.1", "--ping-interval", "60")
        control = await self.given(await ControlSocket.open(daemon))
        await control.ask("subscribe", "events")
        await control.next("events")
        await self.given(await Bridge.register(daemon, "silent"))
        await self.seen(control, "agent_heartbeat_lost")

    @staticmethod
    async def seen(control, kind):
        """Waits for an event of this type."""
        while (await control.next("events"))["event"]["event_type"] != kind:
            pass
