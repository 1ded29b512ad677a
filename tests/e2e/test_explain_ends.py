"""Why agents are disconnected, and why dispatches end."""

from bridge import Bridge
from cases import DaemonCase
from client import dispatch, finished_record, post
from explanations import Explaining, brings
from resuming_bridge import ResumingBridge
from waiting import eventually


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
