"""What is broken in the reference, as its users would notice (contract
section 6), where no other file shows it already."""

import asyncio
import json
import os

from bridge import Bridge
from cases import AsyncCase, DaemonCase
from client import agent_status, dispatch, finished_record, get, post
from events import EventStream
from raw import RawConnection, frame
from waiting import eventually


async def context(daemon):
    return (await get(daemon, "/control/context")).json


async def follow_up(daemon, agent, content="and that"):
    return await post(daemon, f"/control/agents/{agent}/followup",
                      {"content": content})


class ZombieTest(DaemonCase):
    """Number 3."""

    async def test_no_bad_frame_leaves_a_socket_open(self):
        register = {"type": "register", "agent_id": "a",
                    "auth_token": self.daemon.token}
        bad = [("{", 4004), ("[]", 4004), ("{}", 4004),
               ('{"type":"heartbeat","agent_id":"a"}', 4001),
               ('{"type":"register"}', 4004),
               (json.dumps({**register, "agent_id": "a_b"}), 4004),
               (json.dumps({**register, "auth_token": "x"}), 4005)]

        async def end(text):
            async with await RawConnection.upgraded(self.daemon) as raw:
                await raw.send(frame(text))
                code, _ = await raw.receive_close()
                # This end says nothing more, and it is over all the same.
                await raw.receive_all()
                return code
        self.assertEqual(
            await asyncio.gather(*(end(text) for text, _ in bad)),
            [code for _, code in bad])
        status = (await get(self.daemon, "/ws/agent-bridge/status")).json
        self.assertEqual(status, {"connected_count": 0, "agents": []})

    async def test_a_bad_frame_of_a_registered_bridge_costs_it_nothing(self):
        bridge = await self.bridge()
        for text in ("{", "[]", "{}", '{"type":"nothing"}',
                     '{"type":"response"}', '{"type":"register"}'):
            await bridge.send_text(text)
        await bridge.sync()
        status = (await get(self.daemon, "/ws/agent-bridge/status")).json
        self.assertEqual([x["agent_id"] for x in status["agents"]],
                         [bridge.agent_id])


class SplitStreamTest(AsyncCase):
    """Number 10."""

    async def test_the_session_that_dispatched_hears_of_a_bridge_s_loss(self):
        daemon = self.start_daemon()
        session = (await context(daemon))["control_session_id"]
        bridge = await Bridge.register(daemon, "a",
                                       metadata={"session_id": "its-own"})
        message_id = (await dispatch(daemon, "a")).json["message_id"]
        await bridge.progress(message_id)
        await bridge.receive_dispatch()
        await bridge.sync()
        await bridge.close()
        async with await EventStream.open_session(daemon, session) as chat:
            seen = await chat.until("agent_error", message_id)
        self.assertEqual([x["event_type"] for x in seen], [
            "task_dispatched", "agent_progress", "agent_error"])
        self.assertEqual(seen[-1]["metadata"]["reason"], "agent_lost")

    async def test_both_streams_follow_the_agent_across_reconnects(self):
        daemon = self.start_daemon()
        session = (await context(daemon))["control_session_id"]
        agent = chat = None
        sent = []

        async def is_away():
            return await agent_status(daemon, "a") == "disconnected"

        for number in range(3):
            async with await Bridge.register(
                    daemon, "a",
                    metadata={"session_id": f"own-{number}"}) as bridge:
                if number == 0:
                    agent = await self.given(
                        await EventStream.open(daemon, "a"))
                    chat = await self.given(
                        await EventStream.open_session(daemon, session))
                answer = await dispatch(daemon, "a", f"{number}")
                sent.append(answer.json["message_id"])
                await bridge.receive_dispatch()
                await bridge.progress(sent[-1])
                await bridge.respond(sent[-1], f"{number}")
                await finished_record(daemon, sent[-1])
            # Otherwise the next connection may replace this one.
            await eventually(is_away, "the bridge's end is noticed")
        story = ["task_dispatched", "agent_progress", "agent_response"]
        seen = [x for _ in sent for x in [await chat.next() for _ in story]]
        self.assertEqual([x["event_type"] for x in seen], story * 3)
        self.assertEqual([x["metadata"]["message_id"] for x in seen],
                         [x for x in sent for _ in story])
        seen = [x for _ in sent for x in [await agent.next()
                                          for _ in range(5)]]
        self.assertEqual([x["event_type"] for x in seen], [
            "agent_connected", *story, "agent_disconnected"] * 3)


class SessionNameTest(AsyncCase):
    """Number 11."""

    def files(self, daemon):
        return sorted(os.path.join(at, name)
                      for at, _, names in os.walk(daemon.directory)
                      for name in names)

    async def test_a_session_s_id_never_names_a_file(self):
        daemon = self.start_daemon()
        before = self.files(daemon)
        here = daemon.directory.parent
        beside = set(os.listdir(here))
        names = ["../escaped", f"{daemon.directory}/escaped", "sub/escaped",
                 "..", "escaped\0.jsonl", "%2e%2e%2fescaped", "", "é" * 100]
        for number, name in enumerate(names):
            bridge = await self.given(await Bridge.register(
                daemon, f"a-{number}", metadata={"session_id": name}))
            if name:
                self.assertEqual(bridge.session_id, name)
            encoded = "".join(f"%{x:02x}"
                              for x in bridge.session_id.encode())

            async def is_known():
                found = await get(
                    daemon, f"/control/sessions/{encoded}/events/filter")
                return found if found.status == 200 else None
            answer = await eventually(is_known, name)
            self.assertEqual([x["event_type"] for x in
                              answer.json["events"]], ["agent_connected"])
        self.assertEqual(self.files(daemon), before)
        self.assertFalse([x for x in set(os.listdir(here)) - beside
                          if "escaped" in x])


class CostTest(AsyncCase):
    """Number 12."""

    async def test_a_cost_that_is_none_costs_nothing(self):
        daemon = self.start_daemon(VIBEFORGE_SESSION_COST_LIMIT_USD="1")
        bridge = await self.given(await Bridge.register(daemon, "a"))
        for cost in ("NaN", "Infinity", "-Infinity", "-1", "1e400",
                     "\"half\"", "null", "true", "[]"):
            with self.subTest(cost):
                message_id = (await dispatch(daemon, "a")).json["message_id"]
                await bridge.send_text(
                    '{"type":"response","agent_id":"a","message_id":"'
                    + message_id + '","usage":{"cost_usd":' + cost + "}}")
                ended = await finished_record(daemon, message_id)
                self.assertEqual(ended["status"], "completed")
                told = await context(daemon)
                self.assertEqual((told["session_cost_usd"],
                                  told["session_remaining_usd"]), (0, 1))

    async def test_of_50_follow_ups_at_once_exactly_10_are_accepted(self):
        daemon = self.start_daemon(VIBEFORGE_SESSION_COST_LIMIT_USD="1",
                                   VIBEFORGE_COST_PER_1K_TOKENS_USD="0.01",
                                   BRIDGEKEEPER_COST_RESERVATION_USD="0.1")
        bridge = await self.given(await Bridge.register(daemon, "a"))
        message_id = (await dispatch(daemon, "a")).json["message_id"]
        await bridge.respond(message_id)
        await finished_record(daemon, message_id)
        answers = await asyncio.gather(
            *(follow_up(daemon, "a") for _ in range(50)))
        found = sorted(x.status for x in answers)
        self.assertEqual(found, [200] * 10 + [402] * 40)

    async def test_of_50_follow_ups_at_once_exactly_the_rate_s_are_accepted(
            self):
        daemon = self.start_daemon(VIBEFORGE_RATE_LIMIT_AGENT_PER_MIN="11")
        bridge = await self.given(await Bridge.register(daemon, "a"))
        message_id = (await dispatch(daemon, "a")).json["message_id"]
        await bridge.respond(message_id)
        await finished_record(daemon, message_id)
        answers = await asyncio.gather(
            *(follow_up(daemon, "a") for _ in range(50)))
        found = sorted(x.status for x in answers)
        self.assertEqual(found, [200] * 10 + [429] * 40)


class FollowUpTest(AsyncCase):
    """Number 13."""

    async def ended(self, daemon, how):
        bridge = await Bridge.register(daemon, "a")
        message_id = (await dispatch(daemon, "a", timeout_s=0.2 if how
                                     == "timeout" else 60)).json["message_id"]
        await bridge.receive_dispatch()
        if how == "response":
            await bridge.respond(message_id)
        elif how == "error":
            await bridge.respond(message_id, "", error="boom")
        elif how == "loss":
            await bridge.close()
        await finished_record(daemon, message_id)
        if how == "loss":
            bridge = await Bridge.register(daemon, "a")
        await self.given(bridge)
        return bridge, message_id

    async def test_however_a_task_ended_a_follow_up_is_accepted(self):
        for how in ("response", "error", "timeout", "loss"):
            with self.subTest(how):
                daemon = self.start_daemon()
                bridge, message_id = await self.ended(daemon, how)
                answer = await follow_up(daemon, "a")
                self.assertEqual(answer.status, 200, answer)
                task = await bridge.receive_dispatch()
                self.assertEqual(task["context"], {
                    "is_followup": True, "followup_to": message_id})
