"""What one agent does harms no other."""

import json

from bridge import Bridge
from cases import AsyncCase
from client import agent_status, dispatch, finished_record, get, request
from events import EventStream
from raw import RawConnection, frame
from regression import fails_at
from waiting import eventually


class IsolationTest(AsyncCase):

    async def finish(self, daemon, bridge, content="done", **fields):
        message_id = (await dispatch(daemon, bridge.agent_id)).json[
            "message_id"]
        await bridge.receive_dispatch()
        await bridge.respond(message_id, content, **fields)
        await finished_record(daemon, message_id)
        return message_id

    async def history(self, daemon, path):
        answer = await get(daemon, path)
        self.assertEqual(answer.status, 200)
        return answer.json["events"]

    async def session(self, daemon):
        return (await get(daemon, "/control/context")).json[
            "control_session_id"]

    async def reconnect(self, daemon, times, **fields):
        """A bridge that comes and leaves so many times."""
        text = json.dumps({"type": "register", "agent_id": "noisy",
                           "auth_token": daemon.token, **fields})
        for _ in range(times):
            raw = await RawConnection.upgraded(daemon)
            await raw.send(frame(text))
            await raw.receive_frame()
            raw.close()

        async def is_away():
            return await agent_status(daemon, "noisy") == "disconnected"
        await eventually(is_away, "the last of them is away")

    @fails_at("8bd27b6")
    async def test_a_bridge_cannot_push_results_out_of_the_control_session(
            self):
        daemon = self.start_daemon(
            BRIDGEKEEPER_EVENTS_HISTORY_PER_STREAM="100")
        session = await self.session(daemon)
        quiet = await self.given(await Bridge.register(daemon, "quiet"))
        message_id = await self.finish(daemon, quiet)
        noisy = await Bridge.register(daemon, "noisy",
                                      metadata={"session_id": session})
        self.assertNotEqual(noisy.session_id, session)
        await noisy.close()
        await self.reconnect(daemon, 60, metadata={"session_id": session})
        events = await self.history(
            daemon, f"/control/sessions/{session}/events/filter")
        self.assertEqual([x["event_type"] for x in events],
                         ["task_dispatched", "agent_response"])
        self.assertEqual(events[1]["metadata"]["message_id"], message_id)
        await daemon.logs("names the control session")

    @fails_at("8bd27b6")
    async def test_a_session_that_a_client_opened_is_no_bridge_s_either(self):
        daemon = self.start_daemon()
        opened = (await request(daemon, "POST", "/control/sessions",
                                {})).json["session_id"]
        bridge = await self.given(await Bridge.register(
            daemon, "a", metadata={"session_id": opened}))
        self.assertNotEqual(bridge.session_id, opened)

    @fails_at("8bd27b6")
    async def test_large_capabilities_erase_no_other_agent_s_events(self):
        daemon = self.start_daemon(BRIDGEKEEPER_EVENTS_HISTORY_BYTES="1MiB")
        quiet = await self.given(await Bridge.register(daemon, "quiet"))
        message_id = await self.finish(daemon, quiet)
        await self.reconnect(daemon, 40, capabilities=["x" * 256] * 200)
        async with await EventStream.open(daemon, "quiet") as stream:
            seen = await stream.until("agent_response", message_id)
        self.assertEqual([x["event_type"] for x in seen], [
            "agent_connected", "task_dispatched", "agent_response"])

    @fails_at("8bd27b6")
    async def test_many_dispatches_to_one_agent_leave_the_others_history(self):
        daemon = self.start_daemon(
            BRIDGEKEEPER_EVENTS_HISTORY_PER_STREAM="50",
            BRIDGEKEEPER_EVENTS_FINISHED_DISPATCHES="50")
        session = await self.session(daemon)
        quiet = await self.given(await Bridge.register(daemon, "quiet"))
        busy = await self.given(await Bridge.register(daemon, "busy"))
        message_id = await self.finish(daemon, quiet)
        for _ in range(100):
            await self.finish(daemon, busy)
        events = await self.history(
            daemon, f"/control/sessions/{session}/events/filter")
        self.assertEqual(len(events), 50)
        self.assertIn(("agent_response", message_id), [
            (x["event_type"], x["metadata"]["message_id"]) for x in events])
        known = await get(daemon, f"/control/dispatches/{message_id}")
        self.assertEqual((known.status, known.json["status"]),
                         (200, "completed"))

    @fails_at("8bd27b6")
    async def test_one_absurd_cost_does_not_stop_the_fleet(self):
        daemon = self.start_daemon(
            VIBEFORGE_SESSION_COST_LIMIT_USD="5",
            VIBEFORGE_COST_PER_1K_TOKENS_USD="0.5")
        bridge = await self.given(await Bridge.register(daemon, "absurd"))
        other = await self.given(await Bridge.register(daemon, "other"))
        usage = {"cost_usd": 1e300, "total_tokens": 1000}
        message_id = await self.finish(daemon, bridge, usage=usage)
        await self.finish(daemon, other)
        told = (await get(daemon, "/control/context")).json
        self.assertEqual(told["session_cost_usd"], 0.5)
        record = (await get(daemon, f"/control/dispatches/{message_id}")).json
        self.assertEqual(record["usage"], usage)
        async with await EventStream.open(daemon, "absurd") as stream:
            event = (await stream.until("agent_response"))[-1]
        self.assertIs(event["metadata"]["cost_implausible"], True)
        await daemon.logs("cost.max_per_dispatch_usd")


class MemoryTest(AsyncCase):

    @fails_at("8bd27b6")
    async def test_agents_that_are_away_are_bounded_in_bytes(self):
        daemon = self.start_daemon(BRIDGEKEEPER_AGENTS_KNOWN_BYTES="1MiB")
        metadata = {"x": "x" * 200_000}
        for number in range(20):
            async with await Bridge.register(daemon, f"a-{number}",
                                             metadata=metadata):
                pass

        async def all_away():
            answer = await get(daemon, "/control/agents?status=connected")
            return answer.json["total"] == 0
        await eventually(all_away, "all of them are away")
        left = (await get(daemon, "/control/agents")).json["agents"]
        self.assertEqual([x["agent_id"] for x in left],
                         [f"a-{n}" for n in range(20 - len(left), 20)])
        self.assertTrue(1 <= len(left) <= 5, len(left))

    @fails_at("8bd27b6")
    async def test_an_agent_that_is_away_for_long_is_forgotten(self):
        daemon = self.start_daemon(BRIDGEKEEPER_AGENTS_FORGET_AFTER="500ms")
        await self.given(await Bridge.register(daemon, "stays"))
        async with await Bridge.register(daemon, "leaves"):
            pass

        async def is_forgotten():
            return await agent_status(daemon, "leaves") is None
        await eventually(is_forgotten, "it is forgotten")
        self.assertEqual(await agent_status(daemon, "stays"), "connected")

    async def test_connected_agents_over_the_bound_lose_their_metadata(self):
        daemon = self.start_daemon(BRIDGEKEEPER_AGENTS_KNOWN_BYTES="500KiB")
        bridges = [await self.given(await Bridge.register(
            daemon, f"a-{n}", metadata={"x": "x" * 200_000}))
            for n in range(4)]
        views = (await get(daemon, "/control/agents")).json["agents"]
        self.assertEqual([bool(x["metadata"]) for x in views],
                         [True, True, False, False])
        for bridge in bridges:
            await bridge.sync()
        await daemon.logs("agents.known_bytes", 2)
        self.assertEqual(daemon.log().count("agents.known_bytes"), 2)
